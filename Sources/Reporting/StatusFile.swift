import FoundationEssentials
public import LinuxSystem
import SystemPackage

/// `status.json`: what the command line, the failure hook and other programs read without asking the agent.
///
/// It is replaced as a whole, so that a reader sees the old or the new state, also after a power cut. Agents of
/// two drives may write at once: a change holds a lock from reading to writing. A file that cannot be read is
/// kept aside and begun anew: a status must never fail a backup.
public struct StatusFile: Sendable {
    /// Its name in the directory.
    public static let name: FileName = "status.json"
    static let lockName: FileName = ".status.lock"
    static let brokenName: FileName = "status.json.broken"
    private static let sizeLimit = 16 << 20

    private let directory: FileName

    /// Uses the file in `directory`, which must exist.
    public init(directory: FileName = "/var/lib/extbackup") {
        self.directory = directory
    }

    /// A status, and a warning when the file was there but could not be used.
    public struct Reading: Sendable {
        /// What the file says; nothing when it was missing or broken.
        public let status: Status
        /// What is wrong with the file.
        public let warning: String?
    }

    /// Reads without a lock and without changing anything. Blocks.
    public func read() throws(ReportingError) -> Reading {
        do {
            return try parse(contents(in: open()))
        } catch {
            throw .status(error)
        }
    }

    /// Reads, changes and replaces the file under its lock, at most 10 s after other writers. Blocks: the result
    /// is on the disk. Call it when a phase begins, and for progress no more than every half minute.
    ///
    /// - Returns: a warning when the old file was broken; it is kept as `status.json.broken`.
    @discardableResult
    public func update(_ change: (inout Status) -> Void) throws(ReportingError) -> String? {
        do {
            let folder = try open()
            let lock = try folder.open(Self.lockName, [.readWrite, .create], mode: 0o600)
            try lock.lock(.exclusive, timeout: .seconds(10))
            let reading = try parse(contents(in: folder))
            if reading.warning != nil { try folder.rename(Self.name, to: Self.brokenName) }
            var status = reading.status
            change(&status)
            try folder.replaceFile(Self.name, with: JSON.encode(status), mode: 0o600)
            try lock.close()
            return reading.warning.map { "\($0); it was kept as \(Self.brokenName)" }
        } catch {
            throw .status(error)
        }
    }

    private func open() throws(SystemError) -> Descriptor {
        try Descriptor.open(directory, [.directory, .followLink])
    }

    /// The file's bytes; nil when there is no file.
    private func contents(in folder: borrowing Descriptor) throws(SystemError) -> [UInt8]? {
        do {
            return try folder.open(Self.name, [.read, .nonBlocking]).readAll(limit: Self.sizeLimit)
        } catch {
            if error.errno == .noSuchFileOrDirectory { return nil }
            if error.errno == .fileTooLarge { return [] }
            throw error
        }
    }

    private func parse(_ bytes: [UInt8]?) -> Reading {
        guard let bytes else { return Reading(status: Status(), warning: nil) }
        if let status = JSON.decode(Status.self, from: bytes), status.version == Status.currentVersion {
            return Reading(status: status, warning: nil)
        }
        let path = directory.appending(Self.name)
        return Reading(status: Status(), warning: "\(path) is damaged or of another version and was not read")
    }
}

/// JSON as this module writes it: sorted, for people and for `diff`.
enum JSON {
    static func encode(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(value)) + [UInt8(ascii: "\n")]
        } catch {
            fatalError("our own types hold nothing that JSON cannot say: \(error)")
        }
    }

    /// nil when the bytes are no JSON of this type.
    static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) -> Value? {
        // What exactly is wrong with a damaged file helps nobody, ignoring.
        try? JSONDecoder().decode(type, from: Data(bytes))
    }
}
