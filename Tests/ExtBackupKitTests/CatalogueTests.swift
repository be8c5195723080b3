import Copying
import Drives
import LinuxSystem
import Logging
import Reporting
import Synchronization
import SystemPackage
import Testing

@testable import ExtBackupKit

private let sealedName: FileName = "drive/.extbackup/manifest.sqlite"
private let openName: FileName = "drive/.extbackup/manifest.open.sqlite"
private let holds = "destination not walked: the seal holds"

@Suite("A run with a catalogue", Need.root)
struct CatalogueTests {
    /// A sandbox whose drive was backed up to, and the run said so.
    private func sealed() throws -> Sandbox {
        let sandbox = try Sandbox()
        try sandbox.runBefore(files: ["a", "b"])
        try #require(
            sandbox.home.names(in: "var/catalogue") == [sandbox.sealName, sandbox.catalogueName].sorted()
        )
        sandbox.log.forgetTalk()
        return sandbox
    }

    /// One more run that must go well.
    @discardableResult
    private func again(_ sandbox: Sandbox) throws -> RunReport {
        sandbox.log.forgetTalk()
        sandbox.drive.state.withLock { $0.isPresent = true }
        let report = try sandbox.run()
        #expect(report.verdict == .succeeded, "\(report)")
        return report
    }

    @Test("that ended in order is believed by the next one, which does not look at the drive")
    func trusted() throws {
        let sandbox = try sealed()
        // Behind its back: only a walk would see it.
        try Descriptor.open(sandbox.drive.folder.appending("photos"), .directory).createDirectory("put there")
        try again(sandbox)
        #expect(sandbox.log.talk.contains(holds))
        #expect(try sandbox.copied() == ["a", "b", "put there"])
        try again(sandbox)
        #expect(sandbox.log.talk.contains(holds), "also after a run without changes")
        #expect(try sandbox.copied() == ["a", "b", "put there"])
    }

    /// Something that breaks the trust.
    struct Doubt: CustomTestStringConvertible, Sendable {
        var testDescription: String
        /// What the journal says.
        var reason: WalkReason
        /// A part of the only warning.
        var warning: String?
        var arrange: @Sendable (Sandbox) throws -> Void

        init(
            _ description: String,
            _ reason: WalkReason,
            warning: String? = nil,
            arrange: @escaping @Sendable (Sandbox) throws -> Void
        ) {
            testDescription = description
            self.reason = reason
            self.warning = warning
            self.arrange = arrange
        }
    }

    static let doubts: [Doubt] = [
        Doubt("the drive was mounted since", .mountedSince) { try $0.drive.countMount() },
        Doubt("the drive was not unmounted in order", .unclean) {
            try Descriptor.open($0.drive.device, .readWrite).write([0], at: FakeDrive.fileSystemState)
        },
        Doubt("the check repaired something", .repaired, warning: "the file system was repaired: inode 12") {
            $0.drive.state.withLock { $0.fileSystem = .repaired("inode 12") }
        },
        Doubt("no seal was stored", .notStored) { try $0.inCatalogue { try $0.unlink($1.sealName) } },
        Doubt("the stored seal is no seal", .notStored) {
            try $0.inCatalogue { try $0.replaceFile($1.sealName, with: Array("seal\n".utf8), mode: 0o600) }
        },
        Doubt("the catalogue is lost", .fromDrive) { try $0.inCatalogue { try $0.unlink($1.catalogueName) } },
        Doubt("the catalogue and the drive's copy of it are lost", .noCatalogue) {
            try $0.inCatalogue { try $0.unlink($1.catalogueName) }
            try $0.onDrive { try $0.unlink("manifest.sqlite") }
        },
        Doubt("the drive's copy is missing", .otherOnDrive) {
            try $0.onDrive { try $0.unlink("manifest.sqlite") }
        },
        Doubt("the drive's copy is damaged", .otherOnDrive, warning: "the catalogue on the drive is not used")
        {
            try $0.onDrive { try $0.replaceFile("manifest.sqlite", with: [1, 2, 3], mode: 0o600) }
        },
        Doubt("the catalogue is no catalogue", .begunAnew, warning: "the catalogue is begun anew") {
            try $0.inCatalogue { try $0.replaceFile($1.catalogueName, with: [1, 2, 3], mode: 0o600) }
        },
        Doubt("the catalogue is damaged inside", .begunAnew, warning: "the catalogue is begun anew") {
            try $0.inCatalogue { folder, sandbox in
                let file = try folder.open(sandbox.catalogueName, .readWrite)
                try file.write([UInt8](repeating: 0xff, count: 16000), at: 100)
            }
        },
        Doubt("the seal is for another source", .incomplete) { sandbox in
            try sandbox.inCatalogue { folder, sandbox in
                let text = try sandbox.home.contents(FileName("var/catalogue").appending(sandbox.sealName))
                let seal = try #require(CatalogueSeal(text))
                let other = CatalogueSeal(seal: seal.seal, manifest: seal.manifest, sources: ["music"])
                try folder.replaceFile(sandbox.sealName, with: Array(other.text.utf8), mode: 0o600)
            }
        },
    ]

    @Test("walks when it cannot be believed, says why, and can be believed again", arguments: doubts)
    func doubt(doubt: Doubt) throws {
        let sandbox = try sealed()
        try doubt.arrange(sandbox)
        try Descriptor.open(sandbox.drive.folder.appending("photos"), .directory).unlink("a")
        let report = try again(sandbox)
        #expect(sandbox.log.talk.contains("destination walked: \(doubt.reason.rawValue)"))
        #expect(try sandbox.copied() == ["a", "b"])
        #expect(report.warnings.count == (doubt.warning == nil ? 0 : 1), "\(report.warnings)")
        if let warning = doubt.warning { #expect(report.warnings.first?.hasPrefix(warning) == true) }
        try again(sandbox)
        #expect(sandbox.log.talk.contains(holds))
    }

    @Test("that is cut off leaves no catalogue on the drive that claims to be right, and the next one walks")
    func cutOff() throws {
        let sandbox = try sealed()
        try sandbox.home.write("photos/c", "new")
        // The first sync is that of the drive's catalogue, the second follows the copy.
        sandbox.drive.fail(.init(call: "sync", errno: .ioError, occurrences: 2...2))
        let report = try sandbox.run()
        #expect(report.verdict.exitStatus == .failed)
        #expect(!sandbox.home.exists(sealedName))
        #expect(sandbox.home.exists(openName))
        sandbox.drive.state.withLock { $0.faults = [] }
        try Descriptor.open(sandbox.drive.folder.appending("photos"), .directory).unlink("a")
        try again(sandbox)
        #expect(sandbox.log.talk.contains("destination walked: \(WalkReason.cutOff.rawValue)"))
        #expect(try sandbox.copied() == ["a", "b", "c"])
        #expect(sandbox.home.exists(sealedName))
        #expect(!sandbox.home.exists(openName))
        try again(sandbox)
        #expect(sandbox.log.talk.contains(holds))
    }

    @Test("renames the drive's copy before the first change and puts the new one there before it unmounts")
    func stages() throws {
        let sandbox = try sealed()
        try sandbox.home.write("photos/c", "new")
        let seen = Mutex<[String]>([])
        for call in ["mount", "sync", "unmount"] {
            sandbox.drive.onCall(call) { [weak sandbox] in
                guard let sandbox else { return }
                let files = [sealedName, openName].filter(sandbox.home.exists)
                let isCopied = sandbox.home.exists("drive/photos/c")
                seen.withLock {
                    $0.append("\(call): \(files.map(\.lastPart).joined())\(isCopied ? ", copied" : "")")
                }
            }
        }
        try again(sandbox)
        #expect(
            seen.withLock { $0 } == [
                "mount: manifest.sqlite",
                "sync: manifest.open.sqlite",
                "sync: manifest.open.sqlite, copied",
                "sync: manifest.sqlite, copied",
                "unmount: manifest.sqlite, copied",
            ]
        )
    }

    @Test("leaves the drive's copy alone when nothing changed")
    func noChange() throws {
        let sandbox = try sealed()
        // What changed within the last seconds before a run is looked at again by the next one.
        Thread.sleep(for: .seconds(3))
        try again(sandbox)
        let inode = try sandbox.onDrive { try $0.status(of: "manifest.sqlite").inode }
        try again(sandbox)
        #expect(try sandbox.onDrive { try $0.status(of: "manifest.sqlite").inode } == inode)
    }

    @Test("keeps the catalogue of the drive when the machine has none")
    func adopted() throws {
        let sandbox = try sealed()
        try Descriptor.open(sandbox.layout.stateFolder, .directory).rename("catalogue", to: "lost")
        try again(sandbox)
        let lost = try Manifest.open(
            at: sandbox.layout.stateFolder.appending("lost").appending(sandbox.catalogueName)
        )
        let files = CatalogueFiles(luksUUID: FakeDrive.uuid, in: sandbox.layout)
        #expect(try Manifest.open(at: files.path).hashKey.bytes == lost.hashKey.bytes)
        let folder = try Descriptor.open(files.folder, .directory).status()
        #expect(folder.permissions == 0o700)
    }

    @Test("of a newer program is left alone, and the run goes on without")
    func newer() throws {
        let sandbox = try sealed()
        let newer: [UInt8] = [0, 0, 0, 99]
        try sandbox.inCatalogue { try $0.open($1.catalogueName, .readWrite).write(newer, at: 60) }
        try sandbox.home.write("photos/c", "new")
        let report = try again(sandbox)
        #expect(report.warnings.count == 1)
        #expect(report.warnings.first?.contains("is newer than this program") == true)
        #expect(try sandbox.copied() == ["a", "b", "c"])
        #expect(try sandbox.inCatalogue { try $0.open($1.catalogueName, .read).read(4, at: 60) } == newer)
        #expect(!sandbox.home.exists(sealedName))
        #expect(sandbox.home.exists(openName))
    }

    @Test("goes on without when the catalogue turns out to be damaged, and begins it anew the next time")
    func damagedInside() throws {
        let sandbox = try sealed()
        try sandbox.inCatalogue { folder, sandbox in
            let size = try folder.status(of: sandbox.catalogueName).size
            // The first two pages say what it is, the others what it knows.
            let junk = [UInt8](repeating: 0xff, count: Int(size) - 32768)
            try folder.open(sandbox.catalogueName, .readWrite).write(junk, at: 32768)
        }
        try sandbox.home.write("photos/c", "new")
        let report = try again(sandbox)
        #expect(report.warnings.count == 1)
        #expect(report.warnings.first?.hasPrefix("the run goes on without a catalogue: ") == true)
        #expect(try sandbox.copied() == ["a", "b", "c"])
        #expect(sandbox.home.exists(openName))
        #expect(!sandbox.home.exists(sealedName))
        try again(sandbox)
        #expect(sandbox.log.talk.contains("destination walked: \(WalkReason.noCatalogue.rawValue)"))
        try again(sandbox)
        #expect(sandbox.log.talk.contains(holds))
    }

    @Test("goes on without when the machine has no space for the catalogue, and copies everything")
    func noSpace() throws {
        let sandbox = try sealed()
        let folder = sandbox.layout.catalogueFolder
        // Enough for an empty one.
        let mount: [FileName] = ["/bin/mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", folder]
        try #require(try ChildProcess(mount).run().isSuccess)
        // Else the sandbox could not be removed, ignoring.
        defer { _ = try? ChildProcess(["/bin/umount", "-l", folder]).run() }
        for number in 0..<5000 { try sandbox.home.write(FileName("photos/\(number) with a name"), "") }
        let report = try again(sandbox)
        #expect(report.warnings.count == 1, "\(report.warnings)")
        #expect(report.warnings.first?.contains("no space for the manifest") == true)
        #expect(try sandbox.copied().count == 5002)
        #expect(sandbox.home.exists(openName))
        #expect(!sandbox.home.exists(sealedName))
    }

    @Test("does not believe it of a source of which the drive has more than it says, until that is gone")
    func strangers() throws {
        let sandbox = try sealed()
        try sandbox.configure(source: "exclude = ['*.tmp']")
        // Written elsewhere, and excluded: nobody may remove it.
        try sandbox.home.write("drive/photos/x.tmp", "kept")
        try sandbox.drive.countMount()
        try again(sandbox)
        try sandbox.configure()
        try again(sandbox)
        #expect(sandbox.log.talk.contains("destination walked: \(WalkReason.incomplete.rawValue)"))
        #expect(try sandbox.copied() == ["a", "b"])
        try again(sandbox)
        #expect(sandbox.log.talk.contains(holds))
    }

    @Test("does not believe what a run did not compare")
    func sourceLeftOut() throws {
        let sandbox = try sealed()
        let source = try Descriptor.open(sandbox.home.path, .directory)
        try source.rename("photos", to: "away")
        try sandbox.drive.countMount()
        try Descriptor.open(sandbox.drive.folder.appending("photos"), .directory).unlink("a")
        sandbox.drive.state.withLock { $0.isPresent = true }
        #expect(try sandbox.run().verdict.exitStatus == .sourceMissing)
        try source.rename("away", to: "photos")
        try again(sandbox)
        #expect(sandbox.log.talk.contains("destination walked: \(WalkReason.incomplete.rawValue)"))
        #expect(try sandbox.copied() == ["a", "b"])
    }

    #if DEBUG
        @Test("does not believe it of a source of which a folder vanished before it was entered")
        func vanishedFolder() throws {
            let sandbox = try Sandbox()
            try sandbox.home.makeFolder("photos/sub")
            try sandbox.runBefore(files: ["a", "sub/b"])
            try Descriptor.open(sandbox.drive.folder.appending("photos/sub"), .directory).unlink("b")
            try sandbox.drive.countMount()
            let opened = Mutex(0)
            let faults = FaultPlan { call in
                if call.name != "openat2" || call.subject != "sub" { return .proceed }
                return opened.withLock {
                    $0 += 1
                    return $0 == 1 ? .fail(.noSuchFileOrDirectory) : .proceed
                }
            }
            try faults.run { _ = try again(sandbox) }
            try again(sandbox)
            #expect(sandbox.log.talk.contains("destination walked: \(WalkReason.incomplete.rawValue)"))
            #expect(try sandbox.home.contents("drive/photos/sub/b") == "contents")
            try again(sandbox)
            #expect(sandbox.log.talk.contains(holds))
        }
    #endif

    @Test("is used by a preview, which writes nothing of it", arguments: [true, false])
    func preview(isTrusted: Bool) throws {
        let sandbox = try sealed()
        if !isTrusted { try sandbox.drive.countMount() }
        try Descriptor.open(sandbox.drive.folder.appending("photos"), .directory).unlink("a")
        let before = try sandbox.catalogueDigest()
        let lines = Mutex<[String]>([])
        sandbox.drive.state.withLock { $0.isPresent = true }
        try sandbox.run(.preview { line in lines.withLock { $0.append(line.description) } }, invocation: nil)
        #expect(lines.withLock { $0.contains("new      'photos/a'") } == !isTrusted)
        #expect(sandbox.log.talk.contains(holds) == isTrusted)
        #expect(try sandbox.catalogueDigest() == before)
    }

    @Test("of the first run makes none in a preview")
    func firstPreview() throws {
        let sandbox = try Sandbox()
        try sandbox.home.write("photos/a", "new")
        try sandbox.run(.preview { _ in }, invocation: nil)
        #expect(!sandbox.home.exists("var/catalogue"))
        #expect(try sandbox.home.names(in: "drive/.extbackup") == [Marker.file])
    }

    @Test("says what its seal says, and reads it again")
    func text() throws {
        let seal = try #require(Seal("ext4:" + String(repeating: "0a", count: 16)))
        let stored = CatalogueSeal(seal: seal, manifest: "ff", sources: ["music", "a b"])
        #expect(stored.text == "seal \(seal)\nmanifest ff\nsource a b\nsource music\n")
        #expect(CatalogueSeal(stored.text) == stored)
        for text in [
            "", "seal \(seal)\n", "manifest ff\n", stored.text + "seal \(seal)\n", stored.text + "x\n",
        ] {
            #expect(CatalogueSeal(text) == nil)
        }
    }
}

extension Sandbox {
    fileprivate var catalogueName: FileName { CatalogueFiles(luksUUID: FakeDrive.uuid, in: layout).manifest }
    fileprivate var sealName: FileName { CatalogueFiles(luksUUID: FakeDrive.uuid, in: layout).seal }

    @discardableResult
    fileprivate func inCatalogue<Result>(_ body: (borrowing Descriptor, Sandbox) throws -> Result) throws
        -> Result
    {
        try body(Descriptor.open(layout.catalogueFolder, .directory), self)
    }

    @discardableResult
    fileprivate func onDrive<Result>(_ body: (borrowing Descriptor) throws -> Result) throws -> Result {
        try body(Descriptor.open(drive.folder.appending(Marker.folder), .directory))
    }

    /// Names, times and contents of everything that belongs to the catalogue.
    fileprivate func catalogueDigest() throws -> [String] {
        var digest: [String] = []
        for folder: FileName in ["var/catalogue", "drive/.extbackup"] {
            let opened = try Descriptor.open(home.path.appending(folder), .directory)
            for name in try home.names(in: folder) {
                let contents = try opened.open(name, .read).readAll(limit: 1 << 20)
                digest.append("\(name) \(try opened.status(of: name).modified) \(contents.hashValue)")
            }
        }
        return digest
    }
}

extension FileName {
    fileprivate var lastPart: String {
        components.last.map { String(decoding: $0.bytes, as: UTF8.self) } ?? ""
    }
}
