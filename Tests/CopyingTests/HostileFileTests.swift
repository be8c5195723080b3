import Fuzzing
import LinuxSystem
import SystemPackage
import Testing

@testable import Copying

@Suite("What a hostile drive or source holds")
struct HostileFileTests {
    @Test("as a file of patterns is rules, or is refused with a line in it", .timeLimit(.minutes(10)))
    func excludeFiles() throws {
        let fragments = ["!\n", "+ ", "- ", "**", "*", "[[:alpha:]]", "[!", "\\", "/", "\u{0}", "\r", ";"]
        let names = ["a", "a/b/a/a", String(repeating: "a", count: 60), "größe/x"].map { Array($0.utf8) }
        Fuzz(try Corpus("exclude"), fragments: fragments, rounds: 3000).run("patterns") { bytes, seed in
            do {
                let rules = try IgnoreFile(parsing: bytes).rules
                for name in names { _ = rules.excludes(name, isDirectory: false) }
            } catch IgnoreFileError.wrong(let error) {
                #expect((1...bytes.count + 1).contains(error.line), "\(seed)")
            } catch {
                #expect(bytes.count > 64 << 10, "\(seed)")
            }
        }
    }

    @Test("as a superblock has a seal or none", .timeLimit(.minutes(10)))
    func superblocks() throws {
        let home = try TemporaryFolder(in: "/dev/shm")
        let path = FileName(home.path + "/device")
        let first = UInt64(setting("EXTBACKUP_SEED", otherwise: Int.random(in: 0..<1_000_000)))
        print("fuzzing superblocks: EXTBACKUP_SEED=\(first)")
        for seed in first..<first + 1500 {
            var dice = Dice(seed: seed)
            let file = try Descriptor.open(path, [.readWrite, .create])
            try file.writeAll(Self.superblock(&dice))
            // What cannot be read is no seal, ignoring.
            if let seal = try? Seal.read(from: file) {
                #expect(Seal(seal.description) == seal, "seed \(seed)")
            }
            try home.folder.unlink("device")
        }
    }

    /// 128 KiB, with a magic number where a file system has it, and numbers that are small, odd or extreme.
    private static func superblock(_ dice: inout Dice) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 128 << 10)
        for offset in stride(from: 0, to: 4096, by: 4) where dice.number(0...2) == 0 {
            let number = dice.pick([
                0, 1, 512, 4096, 0x7fff_ffff, 0xffff_ffff, UInt32.random(in: 0 ... .max, using: &dice),
            ])
            for place in 0..<4 {
                bytes[offset + place] = UInt8(truncatingIfNeeded: number >> UInt32(24 - 8 * place))
            }
        }
        bytes.replaceSubrange(4..<8, with: [0, 0, 16, 0])
        bytes[0x7c] = UInt8(dice.number(0...31))
        bytes.replaceSubrange(0..<4, with: Array("XFSB".utf8))
        if dice.number(0...2) == 0 { bytes.replaceSubrange(0x10040..<0x10048, with: Array("_BHRfS_M".utf8)) }
        return bytes
    }

    @Test("as a manifest is one, or is refused", .timeLimit(.minutes(10)))
    func manifests() throws {
        let home = try TemporaryFolder(in: "/dev/shm")
        let path = FileName(home.path + "/manifest.sqlite")
        _ = try Manifest.open(at: path)
        let good = try Descriptor.open(path, .read).readAll(limit: 1 << 22)
        try Fuzz([good], fragments: ["CREATE TABLE meta", "sealed"], rounds: 300).run("manifests") {
            bytes,
            seed in
            try home.folder.unlink("manifest.sqlite")
            let file = try home.folder.open("manifest.sqlite", [.readWrite, .create, .exclusive])
            try file.writeAll(bytes)
            do {
                _ = try Manifest.glance(at: "manifest.sqlite", in: home.folder)
                _ = try Manifest.open(at: path)
            } catch {
                #expect(error is ManifestError, "\(error) \(seed.prefix(40))")
            }
        }
    }
}
