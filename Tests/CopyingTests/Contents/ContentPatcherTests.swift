import Fuzzing
import LinuxSystem
import Testing

@testable import Copying

@Suite("Patches of earlier versions", Need.images, .serialized)
struct ContentPatcherTests {
    /// How a version is brought up to date.
    enum Way: CaseIterable {
        /// On the file itself, knowing its hashes.
        case inPlace
        /// On a clone, knowing its hashes; in place where there are no clones.
        case clone
        /// On the file itself, reading it.
        case compared
    }

    @Test(
        "after random edits the mirror equals the source, and only what changed was written",
        arguments: ["ext4", "xfs", "btrfs"],
        Way.allCases
    )
    func randomEdits(kind: String, way: Way) throws {
        let seed = UInt64.random(in: 0...9999)
        var dice = Dice(seed: seed)
        let fixture = try ContentFixture(kind)
        try fixture.source.folder.make([
            .file("f", pieces: [.bytes(dice.bytes(3_000_000)), .hole(2_000_000)])
        ])
        var last = try fixture.copy("f", as: "f")
        try fixture.expectEqual("f", "f", last, "seed \(seed)")
        for round in 0..<8 {
            let before = try Snapshot(fixture.source.folder.open("f", .read))
            let file = try fixture.source.folder.open("f", .readWrite)
            for _ in 0...dice.number(0...4) { try Self.edit(file, &dice) }
            let changed = try Snapshot(file).blocks(differingFrom: before)
            switch way {
            case .inPlace: last = try fixture.patch("f", holding: last.earlier, from: "f")
            case .compared: last = try fixture.patch("f", holding: .compared, from: "f")
            case .clone:
                if try fixture.clone("f", to: "new") {
                    last = try fixture.patch("new", holding: last.earlier, from: "f")
                    try fixture.mirror.rename("new", to: "f")
                } else {
                    #expect(kind == "ext4")
                    try fixture.mirror.unlink("new")
                    last = try fixture.patch("f", holding: last.earlier, from: "f")
                }
            }
            let comment = "seed \(seed) round \(round)"
            #expect(last.bytesWritten <= changed * 65536, "\(comment)")
            // XFS counts what it reserved for copying on write as data while it is in the page cache.
            if kind == "xfs" { try fixture.remount() }
            try fixture.expectEqual("f", "f", last, comment)
        }
    }

    @Test(
        "a hole at the end is one in the file's last block, too",
        arguments: ["ext4", "xfs", "btrfs"],
        [90_112, 1_500_000, 3_000_000]
    )
    func holeAtEnd(kind: String, size: Int) throws {
        let fixture = try ContentFixture(kind)
        for hole in [1, 3034, 4096, 27_610, 65_537] {
            let name = FileName("\(hole)")
            let data = [UInt8](repeating: 7, count: size)
            try fixture.source.folder.make([.file(name, pieces: [.bytes(data), .hole(Int64(hole))])])
            let result = try fixture.copy(name, as: name)
            // What XFS reserved shows only when nothing of it is in the page cache but what is read then.
            if kind == "xfs" { try fixture.remount() }
            try fixture.expectEqual(name, name, result, "\(size) bytes of data, \(hole) of a hole")
        }
    }

    /// One of the things that programs do to large files.
    private static func edit(_ file: borrowing Descriptor, _ dice: inout Dice) throws {
        let size = Int(try file.status().size)
        let offset = dice.number(0...size)
        switch dice.number(0...6) {
        case 0...1: try file.write(dice.bytes(dice.number(1...100_000)), at: Int64(offset))
        case 2: try file.write(dice.bytes(1), at: Int64(offset))
        case 3: try file.write([UInt8](repeating: 0, count: dice.number(1...100_000)), at: Int64(offset))
        case 4:
            if offset < size { try file.punchHole(Int64(offset)..<Int64(dice.number(offset + 1...size + 1))) }
        case 5: try file.setSize(Int64(size + dice.number(1...1_000_000)))
        default: try file.setSize(Int64(max(1_100_000, size - dice.number(1...1_000_000))))
        }
    }

    /// A file's blocks of 64 KiB, and where its data is.
    private struct Snapshot {
        let bytes: [UInt8]
        let map: [Range<Int64>]

        init(_ file: borrowing Descriptor) throws {
            bytes = try file.contents()
            map = try file.dataMap()
        }

        func blocks(differingFrom old: Snapshot) -> Int64 {
            var count: Int64 = 0
            for start in stride(from: 0, to: bytes.count, by: 65536) {
                let range = start..<min(start + 65536, bytes.count)
                // The last block of another length is another block.
                let oldEnd = min(start + 65536, old.bytes.count)
                let isKnown = range.upperBound == oldEnd
                let block = Int64(start)..<Int64(range.upperBound)
                let pages = map.filter { $0.overlaps(block) }.map { $0.clamped(to: block) }
                let oldPages = old.map.filter { $0.overlaps(block) }.map { $0.clamped(to: block) }
                if !isKnown || bytes[range] != old.bytes[range] || pages != oldPages { count += 1 }
            }
            return count
        }
    }

    @Test(
        "one byte in 64 MiB writes one block, and nothing of the mirror is read",
        arguments: ["ext4", "xfs", "btrfs"]
    )
    func oneByte(kind: String) throws {
        let fixture = try ContentFixture(kind)
        var dice = Dice(seed: 4)
        try fixture.source.folder.make([.file("f", pieces: [.bytes(dice.bytes(64 << 20))])])
        let first = try fixture.copy("f", as: "f")
        try fixture.source.folder.open("f", .write).write(dice.bytes(1), at: 40_000_000)
        // What is in the page cache would hide a read.
        try fixture.remount()
        let device = try run("/usr/sbin/losetup", "-j", fixture.image.file)
        let loop = device.prefix { $0 != ":" }.dropFirst("/dev/".count)
        let before = try Self.sectors(loop)
        let second = try fixture.patch("f", holding: first.earlier, from: "f")
        try fixture.mirror.syncFileSystem()
        let after = try Self.sectors(loop)
        #expect(second.bytesWritten == 65536)
        #expect(after.read - before.read < 2048, "sectors of 512 bytes read")
        #expect(after.written - before.written < 4096, "sectors of 512 bytes written, the journal's too")
        try fixture.expectEqual("f", "f", second)
    }

    private static func sectors(_ loop: Substring) throws -> (read: Int, written: Int) {
        let text = try run("/bin/cat", "/sys/block/\(loop)/stat")
        let fields = text.split(separator: " ").compactMap { Int($0) }
        return (try #require(fields.dropFirst(2).first), try #require(fields.dropFirst(6).first))
    }

    @Test(
        "a list that is missing, too short or of another key makes all blocks new",
        arguments: [0, 3, 1024]
    )
    func wrongLists(count: Int) throws {
        let fixture = try ContentFixture("ext4", megabytes: 64)
        var dice = Dice(seed: 5)
        try fixture.source.folder.make([.file("f", pieces: [.bytes(dice.bytes(4 << 20))])])
        _ = try fixture.copy("f", as: "f")
        let wrong = [ContentHash](repeating: ContentHash(high: 1, low: 1), count: count)
        let result = try fixture.patch("f", holding: .listed { _ in wrong }, from: "f")
        #expect(result.bytesWritten == 4 << 20)
        try fixture.expectEqual("f", "f", result)
    }

    @Test("a mirror that somebody cut is whole again, whatever its list says")
    func cutMirror() throws {
        let fixture = try ContentFixture("ext4", megabytes: 64)
        var dice = Dice(seed: 6)
        try fixture.source.folder.make([.file("f", pieces: [.bytes(dice.bytes(4 << 20))])])
        let first = try fixture.copy("f", as: "f")
        try fixture.mirror.open("f", .write).setSize(1_000_000)
        let result = try fixture.patch("f", holding: first.earlier, from: "f")
        try fixture.expectEqual("f", "f", result)
    }

    @Test(
        "an interrupted copy goes on where it ended, also with garbage at its end",
        arguments: ["ext4", "xfs", "btrfs"]
    )
    func resume(kind: String) throws {
        let seed = UInt64.random(in: 0...9999)
        var dice = Dice(seed: seed)
        let fixture = try ContentFixture(kind)
        let size = 70 << 20
        try fixture.source.folder.make([
            .file("f", pieces: [.bytes(dice.bytes(size / 2)), .hole(4 << 20), .bytes(dice.bytes(size / 2))])
        ])
        let name = PartialFile.name(for: try fixture.source.folder.status(of: "f"))
        for round in 0..<4 {
            _ = try fixture.copy("f", as: name)
            let cut = dice.number(1...size)
            let garbage = dice.number(0...min(cut, 3 << 20))
            let part = try fixture.mirror.open(name, .write)
            try part.setSize(Int64(cut))
            try part.write(dice.bytes(garbage), at: Int64(cut - garbage))
            let comment = "seed \(seed) round \(round)"
            let result = try fixture.patch(name, holding: .compared, from: "f")
            try fixture.expectEqual("f", name, result, comment)
            #expect(result.bytesWritten <= Int64(size - cut + garbage + 2 * 65536 + (4 << 20)), "\(comment)")
            try fixture.mirror.unlink(name)
        }
        // Nothing there yet: the same call makes the whole.
        _ = try fixture.mirror.open(name, [.write, .create, .exclusive])
        let whole = try fixture.patch(name, holding: .compared, from: "f")
        #expect(whole.bytesWritten == Int64(size))
        try fixture.expectEqual("f", name, whole, "from nothing")
    }

    @Test("the name of a part tells inode, size and time of its source")
    func partName() throws {
        let home = try TemporaryFolder()
        try home.folder.make([.file("a", "x"), .file("b", "x")])
        let name = PartialFile.name(for: try home.folder.status(of: "a"))
        #expect(name.bytes.starts(with: ".extbackup-part-".utf8) && PartialFile.matches(name))
        #expect(PartialFile.name(for: try home.folder.status(of: "a")) == name)
        #expect(PartialFile.name(for: try home.folder.status(of: "b")) != name)
        try home.folder.setModified(of: "a", FileTime(seconds: 1_600_000_000, nanoseconds: 123_456_788))
        #expect(PartialFile.name(for: try home.folder.status(of: "a")) != name)
        for other: FileName in [
            ".extbackup-part-", ".extbackup-tmp-0123456789abcdef", ".extbackup-part-0123456789abcdeF",
        ] {
            #expect(!PartialFile.matches(other))
        }
    }
}
