internal import LinuxSystem
internal import SystemPackage

/// What the program knows of a drive: `drives.d/NAME.toml`.
struct DriveFile {
    var name: DriveName
    var luksUUID: String
    var serial: String?
    var keySlot: Int32
    var fileSystem: FileSystemKind
    var label: String
    var preparedAtSeconds: Int64
    var markerID: String

    /// The file's text (TOML 1.0). A disk without a serial number has no `serial`.
    var text: String {
        var lines = [
            "# Written by \"extbackup prepare-disk\". The drive's name is also the name of its key and its unit.",
            "name = \(Self.quoted(name.text))",
            "luks_uuid = \(Self.quoted(luksUUID))",
        ]
        if let serial { lines.append("serial = \(Self.quoted(serial))") }
        lines += [
            "key_slot = \(keySlot)",
            "filesystem = \(Self.quoted(fileSystem.rawValue))",
            "label = \(Self.quoted(label))",
            "prepared = \(CalendarTime(secondsSince1970: preparedAtSeconds))",
            "marker = \(Self.quoted(markerID))",
        ]
        return lines.joined(separator: "\n") + "\n"
    }

    /// Writes the file durably. It holds no secret: 0644.
    func write(in layout: HostLayout) throws(SystemError) {
        let folder = try HostFolder.open(layout.driveFolder, .common)
        try folder.replaceFile(layout.driveFile(of: name).lastPart, with: Array(text.utf8), mode: 0o644)
    }

    /// Takes a drive's file back.
    static func remove(of name: DriveName, in layout: HostLayout) throws(SystemError) {
        let folder = try HostFolder.open(layout.driveFolder, .common)
        try folder.removeFileIfPresent(layout.driveFile(of: name).lastPart)
        try folder.sync()
    }

    /// A basic string: quotes, backslashes and control characters are escaped. Serial numbers come from the disk and
    /// may hold anything.
    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\u{0}"..."\u{1f}", "\u{7f}":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
