/// A section of the report: what is copied, how it begins, and who takes part.
struct Workload {
    /// What the destination is before each run.
    enum Start {
        /// A new file system.
        case empty
        /// A whole copy, made before the first run.
        case mirror
    }

    /// What is in memory before each run.
    enum Memory {
        /// The files' contents.
        case contents
        /// What statx(2) tells of both sides.
        case status
        /// Nothing.
        case nothing
    }

    let name: String
    let title: String
    let tree: Tree
    let start: Start
    let memory: Memory
    var change = Change.none
    /// Of the destination, a second.
    var readLimit: Int?
    var runs = 5
    var fileSystems = ["ext4"]
    let programs: (_ fileSystem: String) -> [Program]

    /// Bytes of a destination's image; it takes only what is written.
    var imageBytes: Int {
        let copies = change == .blocks || change == .moves ? 2.3 : 1.3
        return (Int(Double(tree.room) * copies) + (1 << 30)) / 4096 * 4096
    }
}

extension Workload {
    /// All, in the order of the report.
    static func all(_ scale: Scale) -> [Workload] {
        firstCopies(scale) + withoutChange(scale) + changes(scale) + special(scale)
    }

    private static let everywhere = ["ext4", "xfs", "btrfs"]

    private static func firstCopies(_ scale: Scale) -> [Workload] {
        let small = scale.count(200_000)
        let large = scale.bytes(512 << 20)
        return [
            Workload(
                name: "first-small",
                title: "First copy, \(small) files of 4 KiB",
                tree: .files(small, size: 4096),
                start: .empty,
                memory: .contents,
                fileSystems: everywhere,
                programs: { fileSystem in
                    let times = fileSystem == "xfs" ? 3.3 : fileSystem == "btrfs" ? 2.3 : 2
                    return [
                        .copier().with(.times(times, "rsync"), .within(1.25, "floor")),
                        .copierWithoutManifest,
                        .rsync(), .cp, .floorCopy(threads: 2, "direct"), .floorCopy(threads: 2, "tmpfile"),
                    ]
                }
            ),
            Workload(
                name: "first-large",
                title: "First copy, 8 files of \(mebibytes(large)) MiB",
                tree: .large(8, size: large),
                start: .empty,
                memory: .contents,
                fileSystems: everywhere,
                programs: { _ in
                    [
                        .copier().with(.times(4, "rsync"), .times(0.9, "cp -a")), .copierWithoutManifest,
                        .rsync(),
                        .cp, .floorCopy(threads: 1, "direct"),
                    ]
                }
            ),
        ]
    }

    private static func withoutChange(_ scale: Scale) -> [Workload] {
        let many = scale.count(500_000)
        let spinning = scale.count(100_000)
        return [
            Workload(
                name: "no-change",
                title: "No change, \(many) files, warm",
                tree: .files(many, size: 100),
                start: .mirror,
                memory: .status,
                programs: { _ in
                    [
                        .copier().with(.times(8, "rsync"), .within(1.5, "floor")),
                        .copierWithoutManifest.on("peers").with(.times(3, "rsync")), .rsync().on("peers"),
                        .floorScan(threads: 1).on("peers"), .floorScan(threads: 2).on("peers"),
                        .floorScan(threads: 4).on("peers"),
                    ]
                }
            ),
            Workload(
                name: "no-change-cold",
                title: "No change, \(many) files, caches dropped",
                tree: .files(many, size: 100),
                start: .mirror,
                memory: .nothing,
                programs: { _ in
                    [
                        .copier().with(.times(3.5, "rsync"), .reads(0.01, "rsync")),
                        .copierWithoutManifest.on("peers"), .rsync().on("peers"),
                        .floorScan(threads: 1).on("peers"), .floorScan(threads: 4).on("peers"),
                    ]
                }
            ),
            Workload(
                name: "no-change-spinning",
                title:
                    "No change, \(spinning) files, caches dropped, 150 reads a second from the destination",
                tree: .files(spinning, size: 100),
                start: .mirror,
                memory: .nothing,
                readLimit: 150,
                programs: { _ in
                    [
                        .copier().with(.times(20, "rsync")), .rsync().on("peers"),
                        .floorScan(threads: 4).on("peers"),
                    ]
                }
            ),
            memoryUse("memory-1m", scale.count(1_000_000)), memoryUse("memory-4m", scale.count(4_000_000)),
        ]
    }

    private static func memoryUse(_ name: String, _ count: Int) -> Workload {
        Workload(
            name: name,
            title: "Memory, no change, \(count) empty files",
            tree: .files(count, size: 0),
            start: .mirror,
            memory: .status,
            runs: 1,
            programs: { _ in
                [
                    .copier().with(.memory(64 << 20)),
                    .copierWithoutManifest.on("peers").with(.memory(64 << 20)),
                    .rsync().on("peers"),
                ]
            }
        )
    }

    private static func changes(_ scale: Scale) -> [Workload] {
        let large = scale.bytes(4 << 30)
        let blocks = Tree.large(1, size: large)
        let many = scale.count(500_000)
        let moved = scale.count(50_000)
        return [
            Workload(
                name: "blocks",
                title:
                    "1 % of the blocks of 64 KiB changed in a file of \(mebibytes(large)) MiB, caches dropped",
                tree: blocks,
                start: .mirror,
                memory: .nothing,
                change: .blocks,
                fileSystems: everywhere,
                programs: { fileSystem in
                    let bars = [Bar.times(4, "rsync"), .writes(1.1, bytes: blocks.changedBytes)]
                    var inPlace = Program.copier("--in-place")
                    var cloned = Program.copier()
                    // Where the file system cannot clone, only a change in place writes no more than what changed.
                    if fileSystem == "ext4" { inPlace.bars = bars } else { cloned.bars = bars }
                    return (fileSystem == "ext4" ? [inPlace, cloned] : [cloned])
                        + [.rsync("--inplace", "--no-whole-file"), .rsync(), .floorPatch]
                }
            ),
            Workload(
                name: "moved",
                title:
                    "A file of \(mebibytes(large)) MiB and a folder of \(moved) files of 4 KiB, both moved",
                tree: .moves(large: large, files: moved, size: 4096),
                start: .mirror,
                memory: .status,
                change: .moves,
                programs: { _ in [.copier().with(.renamed), .rsync(), .floorRename] }
            ),
            Workload(
                name: "touched",
                title: "0.1 % of \(many) files changed, warm",
                tree: .files(many, size: 100),
                start: .mirror,
                memory: .status,
                change: .files,
                programs: { _ in [.copier().with(.times(6, "rsync")), .rsync(), .floorUpdate] }
            ),
        ]
    }

    private static func special(_ scale: Scale) -> [Workload] {
        let count = scale.count(100_000)
        let hole = (size: scale.bytes(50 << 30), data: scale.bytes(1 << 30))
        func firstCopy(_ name: String, _ title: String, _ tree: Tree, threads: Int) -> Workload {
            Workload(
                name: name,
                title: title,
                tree: tree,
                start: .empty,
                memory: .contents,
                programs: { _ in
                    [
                        .copier().with(.times(2, "rsync")), .copierWithoutManifest, .rsync(), .cp,
                        .floorCopy(threads: threads, "direct"),
                    ]
                }
            )
        }
        return [
            firstCopy(
                "acl-attributes",
                "First copy, \(count) files of 1 KiB with an access control list and an attribute",
                .attributes(count, size: 1024),
                threads: 2
            ),
            firstCopy(
                "hard-links",
                "First copy, \(count) files of 1 KiB with 5 names each",
                .links(count, names: 5, size: 1024),
                threads: 2
            ),
            firstCopy(
                "hole",
                "First copy, a file of \(mebibytes(hole.size)) MiB with \(mebibytes(hole.data)) MiB of data",
                .holes(size: hole.size, data: hole.data),
                threads: 1
            ),
        ]
    }
}
