internal import LinuxSystem
internal import SystemPackage

/// What the program knows of a drive: `drives.d/NAME.toml`.
struct DriveFile {
    var name: DriveName
    var luksUUID: String
    var serial: String?
    /// Model and size, for people.
    var disk: String
    /// Where the container lies on the disk.
    var extent: DiskExtent?
    var keySlot: Int32
    var fileSystem: FileSystemKind
    var label: String
    var preparedAtSeconds: Int64
    var markerID: String

    /// The file's text (TOML 1.0). A disk without a serial number has no `serial`.
    var text: String {
        var lines = [
            "# Written by \"extbackup prepare-disk\". The drive's name is also the name of its key and its unit.",
            "name = \(TOMLText.quoted(name.text))",
            "luks_uuid = \(TOMLText.quoted(luksUUID))",
        ]
        if let serial { lines.append("serial = \(TOMLText.quoted(serial))") }
        lines.append("disk = \(TOMLText.quoted(disk))")
        if let extent { lines.append("start = \(extent.start)") }
        if let size = extent?.size { lines.append("size = \(size)") }
        lines += [
            "key_slot = \(keySlot)",
            "filesystem = \(TOMLText.quoted(fileSystem.rawValue))",
            "label = \(TOMLText.quoted(label))",
            "prepared = \(CalendarTime(secondsSince1970: preparedAtSeconds))",
            "marker = \(TOMLText.quoted(markerID))",
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
}
