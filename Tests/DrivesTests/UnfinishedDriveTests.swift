import Glibc
import LinuxSystem
import SystemPackage
import Testing

@testable import Drives

@Suite("A drive that was begun and not finished")
final class UnfinishedDriveTests {
    private let folder: TemporaryFolder
    private let layout: HostLayout
    private let name: DriveName
    private static let uuid = "0FD4E9A7-55C5-4C6F-8B3F-0A1F3D2C9B11"

    init() throws {
        folder = try TemporaryFolder()
        layout = machineLayout(in: folder.path)
        name = try driveName("red")
        try run("/bin/mkdir", "-p", layout.configurationFolder, layout.stateFolder)
    }

    private func takeBack() throws -> UnfinishedDrive.Outcome? {
        let unfinished = try UnfinishedDrive.find(name, in: layout, operations: RecordingDriveOperations())
        switch consume unfinished {
        case .none: return nil
        case .some(let unfinished): return try unfinished.takeBack(from: nil)
        }
    }

    /// What a preparation does until its power fails.
    private func begin() throws {
        let record = try PreparationRecord.make(of: name, in: layout)
        try record.note(.savesHeader, Self.uuid)
        try KeyFile(of: name, in: layout).write(secret("key"))
        try run("/bin/mkdir", "-p", layout.headerFolder)
        try run("/bin/touch", layout.headerBackup(luksUUID: Self.uuid))
    }

    @Test("is not there, when nothing was begun; a key alone is none of it")
    func none() throws {
        #expect(try takeBack() == nil)
        try KeyFile(of: name, in: layout).write(secret("key"))
        #expect(try takeBack() == nil)
        #expect(isThere(layout.keyFile(of: name)))
        #expect(UnfinishedDrive.names(in: layout) == [])
    }

    @Test("loses its key and its header, and nobody else's")
    func files() throws {
        try KeyFile(of: try driveName("blue"), in: layout).write(secret("key"))
        try begin()
        #expect(UnfinishedDrive.names(in: layout) == [name])
        #expect(try takeBack() == .removed)
        #expect(UnfinishedDrive.names(in: layout) == [])
        #expect(!isThere(layout.keyFile(of: name)))
        #expect(!isThere(layout.headerBackup(luksUUID: Self.uuid)))
        #expect(isThere(layout.keyFile(of: try driveName("blue"))))
        #expect(try takeBack() == nil)
    }

    @Test("keeps everything once its file is there: it may hold a backup")
    func finished() throws {
        try begin()
        try run("/bin/mkdir", "-p", layout.driveFolder)
        try run("/bin/touch", layout.driveFile(of: name))
        #expect(try takeBack() == .kept)
        #expect(UnfinishedDrive.names(in: layout) == [])
        #expect(isThere(layout.keyFile(of: name)))
        #expect(isThere(layout.headerBackup(luksUUID: Self.uuid)))
    }

    @Test("keeps its header when another drive has that by now", arguments: ["drives.d", "retired"])
    func header(folder: String) throws {
        try begin()
        let other = layout.configurationFolder.appending(FileName(folder))
        try run("/bin/mkdir", "-p", other)
        try run(
            "/bin/sh",
            "-c",
            FileName("echo 'luks_uuid = \"\(Self.uuid.lowercased())\"' > \(other)/blue.toml")
        )
        #expect(try takeBack() == .removed)
        #expect(isThere(layout.headerBackup(luksUUID: Self.uuid)))
    }

    @Test("that was to be taken in keeps its key until that drive is there: it may have no other")
    func adoption() throws {
        try PreparationRecord.make(of: name, in: layout).note(.adopts, Self.uuid)
        try KeyFile(of: name, in: layout).write(secret("key"))
        #expect(throws: PreparationError.Reason.adoptionUnfinished(luksUUID: Self.uuid)) { try takeBack() }
        #expect(isThere(layout.keyFile(of: name)))
        #expect(UnfinishedDrive.names(in: layout) == [name])
    }

    @Test("with a key that the power cut short is taken back")
    func emptyKey() throws {
        try begin()
        let key = try Descriptor.open(layout.keyFile(of: name), .write)
        try key.setSize(0)
        #expect(try takeBack() == .removed)
        #expect(try KeyFile(of: name, in: layout).read() == nil ? true : false)
    }

    @Test("is left alone while somebody works on it")
    func locked() throws {
        let record = try PreparationRecord.make(of: name, in: layout)
        #expect(throws: PreparationError.Reason.beingPrepared) { try takeBack() }
        #expect(throws: PreparationError.Reason.beingPrepared) {
            _ = try PreparationRecord.make(of: name, in: layout)
        }
        withExtendedLifetime(record) {}
    }

    @Test("is none of it any more when the one who worked on it removed it at that moment")
    func removedMeanwhile() throws {
        try begin()
        let record = layout.stateFolder.appending("preparing/red")
        let plan = FaultPlan { call in
            if call.name == "flock" { _ = record.withCString { unlink($0) } }
            return .proceed
        }
        #expect(try plan.run { try takeBack() } == nil)
        #expect(isThere(layout.keyFile(of: name)), "it belongs to a drive that was finished")
    }

    @Test("is left alone when somebody began anew at that moment, and so is what begins when it is removed")
    func renewedMeanwhile() throws {
        try begin()
        let folder = layout.stateFolder.appending("preparing")
        let (record, other) = (folder.appending("red"), folder.appending("other"))
        try run("/bin/touch", other)
        let renewal = FaultPlan { call in
            if call.name == "flock" {
                _ = other.withCString { other in record.withCString { rename(other, $0) } }
            }
            return .proceed
        }
        #expect(throws: PreparationError.Reason.beingPrepared) { try renewal.run { try takeBack() } }
        #expect(isThere(layout.keyFile(of: name)))
        try run("/bin/rm", record)
        let removal = FaultPlan { call in
            if call.name == "flock" { _ = record.withCString { unlink($0) } }
            return .proceed
        }
        #expect(throws: PreparationError.Reason.beingPrepared) {
            _ = try removal.run { try PreparationRecord.make(of: name, in: layout) }
        }
    }
}
