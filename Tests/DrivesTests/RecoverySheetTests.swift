import LinuxSystem
import Testing

@testable import Drives

@Suite("A recovery sheet")
struct RecoverySheetTests {
    private static let digest = String(repeating: "0123abcd", count: 8)

    private func texts(_ name: String, _ layout: HostLayout) throws -> [String] {
        try ["txt", "html"].map {
            let path = layout.sheetFolder.appending(FileName("\(name).\($0)"))
            return String(decoding: try Descriptor.open(path, .read).readAll(limit: 1 << 16), as: UTF8.self)
        }
    }

    private func write(in layout: HostLayout) throws {
        var instructions = try RestoreInstructions.sample()
        instructions.headerDigest = Self.digest
        try run("/bin/mkdir", "-p", layout.stateFolder)
        try RecoverySheet(name: instructions.name, instructions: instructions).write(in: layout)
    }

    @Test("has the new digest when the header was saved anew, and nothing else is changed")
    func renew() throws {
        let folder = try TemporaryFolder()
        let layout = machineLayout(in: folder.path)
        try write(in: layout)
        let before = try texts("red", layout)
        let digest = String(repeating: "ffff0000", count: 8)
        try RecoverySheet.renew(of: driveName("red"), headerDigest: digest, in: layout)
        #expect(try texts("red", layout) == before.map { $0.replacing(Self.digest, with: digest) })
        #expect(before[0].contains(Self.digest) && before[1].contains(Self.digest))
    }

    @Test("goes with a drive that gets another name, and says that")
    func rename() throws {
        let folder = try TemporaryFolder()
        let layout = machineLayout(in: folder.path)
        try write(in: layout)
        try RecoverySheet.rename(driveName("red"), to: driveName("attic"), in: layout)
        let entries = try Descriptor.open(layout.sheetFolder, .directory).entryNames().sorted()
        #expect(entries == ["attic.html", "attic.txt"])
        let text = try texts("attic", layout)[0]
        #expect(text.contains("Drive \"attic\" of host \"infrared\""))
        #expect(text.contains("/etc/extbackup/keys/attic.key") && text.contains("--key-file attic.key"))
        #expect(try texts("attic", layout)[1].contains("<title>Recovery sheet of drive attic</title>"))
        // The label of the file system stays.
        #expect(text.contains("ext4, labeled \"red\""))
    }

    @Test("that was thrown away does not come back")
    func none() throws {
        let folder = try TemporaryFolder()
        let layout = machineLayout(in: folder.path)
        try run("/bin/mkdir", "-p", layout.stateFolder)
        try RecoverySheet.renew(of: driveName("red"), headerDigest: "x", in: layout)
        try RecoverySheet.rename(driveName("red"), to: driveName("attic"), in: layout)
        #expect(try Descriptor.open(layout.sheetFolder, .directory).entryNames() == [])
    }
}
