import Fuzzing
import LinuxSystem
import Testing

@testable import Copying

@Suite("Contents of one file", Need.images, .serialized)
struct ContentCopierTests {
    static let kinds = ["ext4", "xfs", "btrfs"]
    private static let mebibyte = 1 << 20

    @Test("bytes, holes and hashes are the source's for every size", arguments: kinds)
    func sizes(kind: String) throws {
        let fixture = try ContentFixture(kind)
        var dice = Dice(seed: 1)
        let sizes = [
            0, 1, 4095, 4096, 4097, 65536, 262_144, 262_145, Self.mebibyte - 1, Self.mebibyte,
            Self.mebibyte + 1,
            3 * Self.mebibyte + 17, 5 * Self.mebibyte, 64 * Self.mebibyte, 66 * Self.mebibyte + 1,
        ]
        for size in sizes {
            let name = FileName("size \(size)")
            try fixture.source.folder.make([.file(name, pieces: [.bytes(dice.bytes(size))])])
            let result = try fixture.copy(name, as: name)
            #expect(result.bytesWritten == Int64(size))
            try fixture.expectEqual(name, name, result, kind)
        }
    }

    @Test(
        "holes stay where they are, at the start, at the end, between blocks and inside them",
        arguments: kinds
    )
    func holes(kind: String) throws {
        let fixture = try ContentFixture(kind)
        var dice = Dice(seed: 2)
        let data = Item.Piece.bytes(dice.bytes(4096))
        let tables: [(FileName, [Item.Piece])] = [
            ("only a small hole", [.hole(100)]), ("only a hole", [.hole(10 << 20)]),
            ("a hole of 300 MiB and a tail", [.hole(300 << 20), .bytes([1])]),
            ("data, then a hole", [data, .hole(3 << 20)]), ("a hole, then data", [.hole(3 << 20), data]),
            ("odd end", [data, .hole((1 << 20) + 4096), .bytes([1, 2, 3]), .hole(5)]),
            ("small, holes inside", [data, .hole(8192), data, .hole(4096)]),
            ("every other page", (0..<400).flatMap { _ in [data, Item.Piece.hole(4096)] }),
            ("parts of 64 MiB", [.hole((64 << 20) - 4096), data, data, .hole(64 << 20), data]),
        ]
        for (name, pieces) in tables {
            try fixture.source.folder.make([.file(name, pieces: pieces)])
            let result = try fixture.copy(name, as: name)
            try fixture.expectEqual(name, name, result, kind)
        }
    }

    @Test("a hole of 200 GiB costs no time and hands out no hashes")
    func hugeHole() throws {
        let fixture = try ContentFixture("xfs")
        try fixture.source.folder.make([.file("huge", pieces: [.bytes([1]), .hole(200 << 30), .bytes([2])])])
        let clock = ContinuousClock()
        let start = clock.now
        let result = try fixture.copy("huge", as: "huge")
        #expect(clock.now - start < .seconds(2))
        #expect(result.parts.keys.sorted() == [0, 200 * 16])
        #expect(try fixture.mirror.status(of: "huge").size == (200 << 30) + 2)
    }

    @Test("a source that changes meanwhile is said to have changed", arguments: [100, 5 << 20])
    func changes(size: Int) throws {
        let fixture = try ContentFixture("ext4", megabytes: 64)
        try fixture.source.folder.make([.file("a", pieces: [.bytes([UInt8](repeating: 1, count: size))])])
        let status = try fixture.source.folder.status(of: "a")
        for change in [Int64(size - 1), Int64(size + 1)] {
            try fixture.source.folder.open("a", .write).setSize(change)
            let copier = ContentCopier(interruption: Interruption())
            let target = try fixture.mirror.open(".", [.write, .temporary])
            let from = try fixture.source.folder.open("a", .read)
            guard case .changed = try copier.copy(from: from, status, to: target, progress: { _ in }) else {
                Issue.record("a change to \(change) bytes was not seen")
                return
            }
        }
    }

    @Test("an interruption ends a large file")
    func interruption() throws {
        let fixture = try ContentFixture("ext4")
        try fixture.source.folder.make([.file("a", pieces: [.bytes([1]), .hole(100 << 20), .bytes([1])])])
        let interruption = Interruption()
        interruption.request()
        let copier = ContentCopier(interruption: interruption)
        let from = try fixture.source.folder.open("a", .read)
        let target = try fixture.mirror.open(".", [.write, .temporary])
        #expect(throws: CopyError.interrupted) {
            _ = try copier.copy(from: from, from.status(), to: target, progress: { _ in })
        }
    }
}
