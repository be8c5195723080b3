internal import LinuxSystem
internal import SystemPackage

/// The link that makes systemd start a drive's agent when its LUKS UUID appears: what `systemctl enable` would
/// write for `WantedBy=` the UUID's device unit.
struct UnitLink {
    let folderPath: FileName
    let name: FileName
    let target: FileName

    /// The link of a drive.
    init(of drive: DriveName, luksUUID: String, in layout: HostLayout) {
        let device = FileName("/dev/disk/by-uuid/\(luksUUID)")
        let unit = SystemdEscape.path(device).appendingSuffix(".device.wants")
        folderPath = layout.unitFolder.appending(unit)
        name = FileName("extbackup@\(drive).service")
        target = layout.unitFile
    }

    /// The link's own path.
    var path: FileName { folderPath.appending(name) }

    /// Makes the link durably. systemd sees it after `systemctl daemon-reload`.
    func make() throws(SystemError) {
        let folder = try HostFolder.open(folderPath, .common)
        try folder.createSymbolicLink(name, target: target)
        try folder.sync()
    }

    /// Takes the link back durably, and its folder when nothing else is in it.
    func remove() throws(SystemError) {
        let parent = try Descriptor.open(
            FileName(bytes: folderPath.bytes.parentPath),
            [.directory, .followLink]
        )
        do {
            let folder = try parent.open(folderPath.lastPart, .directory)
            try folder.removeFileIfPresent(name)
            try folder.sync()
        } catch {
            if error.errno == .noSuchFileOrDirectory { return }
            throw error
        }
        try parent.removeEmptyDirectory(folderPath.lastPart)
        try parent.sync()
    }
}

/// How systemd writes paths in names of units (systemd.unit(5), "String Escaping for Inclusion in Unit Names").
enum SystemdEscape {
    /// As `systemd-escape --path`: slashes become hyphens; all but letters, digits, `:`, `_` and `.` becomes
    /// `\xNN`, and so does a dot at the beginning. The path must hold no `..`.
    static func path(_ path: FileName) -> FileName {
        let parts = path.components.filter { $0 != "." }
        if parts.isEmpty { return "-" }
        var escaped: [UInt8] = []
        for part in parts {
            if !escaped.isEmpty { escaped.append(UInt8(ascii: "-")) }
            for byte in part.bytes {
                let isLeadingDot = escaped.isEmpty && byte == UInt8(ascii: ".")
                if isPlain(byte) && !isLeadingDot {
                    escaped.append(byte)
                } else {
                    escaped += Array("\\x\(byte < 16 ? "0" : "")\(String(byte, radix: 16))".utf8)
                }
            }
        }
        return FileName(bytes: escaped)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: ":"), UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default:
            false
        }
    }
}

extension FileName {
    func appendingSuffix(_ suffix: String) -> FileName {
        FileName(bytes: bytes + Array(suffix.utf8))
    }
}
