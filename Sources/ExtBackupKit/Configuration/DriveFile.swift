public import Drives
public import LinuxSystem
import Reporting
import SystemPackage

/// What is known of a prepared drive: `/etc/extbackup/drives.d/NAME.toml`, written by `prepare-disk`.
public struct DriveFile: Hashable, Sendable {
    /// The drive's name; the file is named after it.
    public var name: String
    /// UUID of the LUKS header, as it is spelled there: paths hold it. Compare it in lower case.
    public var luksUUID: String
    /// The disk's serial number; nil for disks that have none.
    public var serial: String?
    /// The disk's model and size, for people; nil when nobody wrote them down.
    public var disk: String?
    /// Where the LUKS container lies on the disk; nil when nobody wrote it down.
    public var extent: DiskExtent?
    /// The LUKS key slot that the keyfile opens.
    public var keySlot: Int
    /// The file system inside.
    public var fileSystem: String
    /// The file system's label.
    public var label: String
    /// When the drive was prepared, as written.
    public var prepared: String
    /// The drive's identity in the marker inside.
    public var driveID: String
    /// Names of the sources that go to this drive; nil for all.
    public var sources: [String]?

    /// Reads and checks a drive's file.
    ///
    /// - Parameter folder: `/etc/extbackup/drives.d`.
    public init(named name: String, in folder: FileName) throws(ConfigurationError) {
        let file = folder.appending(FileName(name + ".toml"))
        try self.init(parsing: try Self.text(of: file), file: file)
        if self.name != name {
            throw ConfigurationError(
                file: file,
                position: nil,
                message: "it describes the drive \(FileName(self.name)), not '\(name)'",
                hint: "name the file after the drive"
            )
        }
    }

    /// The bytes of a drive's file.
    static func text(of file: FileName) throws(ConfigurationError) -> [UInt8] {
        try file.configurationText(whenMissing: "put it back from your backup, or remove what leads there")
    }

    init(parsing bytes: [UInt8], file: FileName) throws(ConfigurationError) {
        do {
            try self.init(reading: bytes, file)
        } catch {
            throw error.quoting(bytes, of: file)
        }
    }

    private init(reading bytes: [UInt8], _ file: FileName) throws(ConfigurationError) {
        var top = try TableReader.document(parsing: bytes, file: file)
        let (name, nameNode) = try top.requiredString("name")
        if DriveName(name) == nil {
            throw top.mistake(
                at: nameNode,
                "\(FileName(name)) cannot be a drive's name",
                hint: "use \(DriveName.rule)"
            )
        }
        self.name = name
        luksUUID = try Self.digits("luks_uuid", like: "0fd4e9a7-55c5-4c6f-8b3f-0a1f3d2c9b11", in: &top)
        serial = try top.string("serial")?.text
        disk = try top.string("disk")?.text
        extent = try Self.extent(in: &top)
        keySlot = try top.integer("key_slot", in: 0...31) ?? 0
        let (kind, kindNode) = try top.requiredString("filesystem")
        let known: FileSystemKind = try TableReader.choice(kind, key: "filesystem", at: kindNode, in: top)
        fileSystem = known.rawValue
        label = try top.requiredString("label").text
        let date = top.node("prepared")
        prepared = if case .date(let text)? = date?.value { text } else { "" }
        driveID = try Self.digits("marker", like: "00112233445566778899aabbccddeeff", in: &top)
        sources = try top.strings("sources")?.map(\.text)
        if sources == [] {
            throw top.mistake(
                at: top.node("sources"),
                "'sources' is empty, so nothing would be copied",
                hint: "name the sources, or remove the key for all of them"
            )
        }
        try top.finish()
    }

    /// A size alone says nothing.
    private static func extent(in top: inout TableReader) throws(ConfigurationError) -> DiskExtent? {
        let start = try top.integer("start", in: 0...Int.max)
        let size = try top.integer("size", in: 1...Int.max)
        if let start { return DiskExtent(start: Int64(start), size: size.map { Int64($0) }) }
        if size == nil { return nil }
        throw top.mistake(
            at: top.node("size"),
            "'size' needs 'start' beside it",
            hint: "put back what 'prepare-disk' wrote"
        )
    }

    /// Hexadecimal digits and hyphens in the places of an example's. They become parts of paths, so nothing else may be
    /// among them.
    private static func digits(
        _ key: String,
        like example: String,
        in top: inout TableReader
    ) throws(ConfigurationError) -> String {
        let (text, node) = try top.requiredString(key)
        let isRight =
            text.utf8.count == example.utf8.count
            && zip(text.utf8, example.utf8).allSatisfy { byte, wanted in
                let isHyphen = byte == UInt8(ascii: "-")
                return wanted == UInt8(ascii: "-")
                    ? isHyphen : !isHyphen && Unicode.Scalar(byte).properties.isASCIIHexDigit
            }
        if isRight { return text }
        throw top.mistake(
            at: node,
            "'\(key)' must be hexadecimal digits as in \(example), not \(FileName(text))",
            hint: "put back what 'prepare-disk' wrote"
        )
    }

    /// How to know the drive again and open it.
    func identity() throws(Failure) -> DriveIdentity {
        guard let drive = DriveName(name), let kind = FileSystemKind(rawValue: fileSystem) else {
            throw Failure(
                .config,
                "drive '\(name)': name or file system \(FileName(fileSystem)) is not known",
                hint: "correct its file in /etc/extbackup/drives.d"
            )
        }
        return DriveIdentity(
            name: drive,
            luksUUID: luksUUID,
            serial: serial,
            keySlot: Int32(keySlot),
            fileSystem: kind
        )
    }

    /// Reads the file of a drive that a person or a unit named.
    ///
    /// - Throws: `noDrive` when no such drive was prepared, `config` when its file is wrong.
    static func prepared(_ name: DriveName, in layout: HostLayout) throws(Failure) -> DriveFile {
        do throws(SystemError) {
            _ = try Descriptor.open(layout.driveFile(of: name), [.path, .followLink])
        } catch {
            if error.errno == .noSuchFileOrDirectory { throw .neverPrepared(name) }
        }
        do {
            return try DriveFile(named: name.text, in: layout.driveFolder)
        } catch {
            throw Failure(error)
        }
    }

    /// The names of all drives that were prepared, sorted. Without the folder there are none.
    static func namesIfAny(in folder: FileName) throws(SystemError) -> [String] {
        do {
            return try names(in: folder)
        } catch {
            if error.errno == .noSuchFileOrDirectory { return [] }
            throw error
        }
    }

    /// The same for what must go on or end with an error for people.
    static func prepared(in folder: FileName) throws(ConfigurationError) -> [String] {
        do {
            return try namesIfAny(in: folder)
        } catch {
            throw ConfigurationError(
                file: folder,
                position: nil,
                message: "cannot be read: \(error.reason)",
                hint: effectiveUserID() == 0 ? "put back the folder of the drives' files" : "run it as root"
            )
        }
    }

    /// The names of all drives that were prepared, sorted.
    public static func names(in folder: FileName) throws(SystemError) -> [String] {
        let suffix = Array(".toml".utf8)
        return try Descriptor.open(folder, [.directory, .followLink]).entryNames()
            .filter { $0.bytes.count > suffix.count && $0.bytes.suffix(suffix.count) == suffix[...] }
            .filter { $0.bytes.first != UInt8(ascii: ".") }
            .map { String(decoding: $0.bytes.dropLast(suffix.count), as: UTF8.self) }
            .sorted()
    }
}
