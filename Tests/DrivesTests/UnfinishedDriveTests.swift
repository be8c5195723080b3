import LinuxSystem
import SystemPackage
import Testing

@testable import Drives

@Suite("A drive that was begun and not finished")
final class UnfinishedDriveTests {
    private let folder: TemporaryFolder
    private let layout: HostLayout
    private let name: DriveName

    init() throws {
        folder = try TemporaryFolder()
        layout = machineLayout(in: folder.path)
        name = try driveName("red")
        try run("/bin/mkdir", "-p", layout.configurationFolder, layout.stateFolder)
    }

    private func takeBack() throws -> Bool {
        let unfinished = try UnfinishedDrive.find(name, in: layout, operations: RecordingDriveOperations())
        switch consume unfinished {
        case .none: return false
        case .some(let unfinished):
            try unfinished.takeBack(from: nil)
            return true
        }
    }

    /// What a preparation does until its power fails.
    private func begin() throws {
        let record = try PreparationRecord.make(of: name, in: layout)
        try record.note(headerOf: "0FD4E9A7-55C5-4C6F-8B3F-0A1F3D2C9B11")
        try KeyFile(of: name, in: layout).write(secret("key"))
        try run("/bin/mkdir", "-p", layout.headerFolder)
        try run("/bin/touch", layout.headerBackup(luksUUID: "0FD4E9A7-55C5-4C6F-8B3F-0A1F3D2C9B11"))
    }

    @Test("is not there, when nothing was begun; a key alone is none of it")
    func none() throws {
        #expect(try !takeBack())
        try KeyFile(of: name, in: layout).write(secret("key"))
        #expect(try !takeBack())
        #expect(isThere(layout.keyFile(of: name)))
        #expect(UnfinishedDrive.names(in: layout) == [])
    }

    @Test("loses its key and its header, and nobody else's")
    func files() throws {
        try KeyFile(of: try driveName("blue"), in: layout).write(secret("key"))
        try begin()
        #expect(UnfinishedDrive.names(in: layout) == [name])
        #expect(try takeBack())
        #expect(UnfinishedDrive.names(in: layout) == [])
        #expect(!isThere(layout.keyFile(of: name)))
        #expect(!isThere(layout.headerBackup(luksUUID: "0FD4E9A7-55C5-4C6F-8B3F-0A1F3D2C9B11")))
        #expect(isThere(layout.keyFile(of: try driveName("blue"))))
        #expect(try !takeBack())
    }

    @Test("keeps everything once its file is there: it may hold a backup")
    func finished() throws {
        try begin()
        try run("/bin/mkdir", "-p", layout.driveFolder)
        try run("/bin/touch", layout.driveFile(of: name))
        #expect(try takeBack())
        #expect(UnfinishedDrive.names(in: layout) == [])
        #expect(isThere(layout.keyFile(of: name)))
        #expect(isThere(layout.headerBackup(luksUUID: "0FD4E9A7-55C5-4C6F-8B3F-0A1F3D2C9B11")))
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
}
