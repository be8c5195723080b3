internal import LinuxSystem
internal import SystemPackage

/// The instructions for a restore on this machine, to be printed and kept where neither fire nor thief reaches them
/// together with the drive: `sheets/NAME.txt`, and the same as a page for a browser. They hold no secret.
struct RecoverySheet {
    let instructions: RestoreInstructions

    private var name: DriveName { instructions.name }

    private static func names(of drive: DriveName) -> [FileName] {
        ["txt", "html"].map { FileName("\(drive).\($0)") }
    }

    /// Writes both files, durably.
    func write(in layout: HostLayout) throws(SystemError) {
        let folder = try HostFolder.open(layout.sheetFolder, .common)
        for (file, text) in zip(Self.names(of: name), [instructions.text, page]) {
            try folder.replaceFile(file, with: Array(text.utf8), mode: 0o644)
        }
    }

    /// True when the text that a person may have printed is this one.
    func isWritten(in layout: HostLayout) throws(SystemError) -> Bool {
        do {
            let file = try Descriptor.open(layout.recoverySheet(of: name), [.read, .nonBlocking])
            return try file.readAll(limit: 1 << 20) == Array(instructions.text.utf8)
        } catch {
            if error.errno == .noSuchFileOrDirectory { return false }
            throw error
        }
    }

    /// Takes both away.
    static func remove(of drive: DriveName, in layout: HostLayout) throws(SystemError) {
        let folder = try HostFolder.open(layout.sheetFolder, .common)
        for file in names(of: drive) { try folder.removeFileIfPresent(file) }
        try folder.sync()
    }

    /// True when a drive has a sheet: who threw it away does not want it.
    static func isThere(of drive: DriveName, in layout: HostLayout) throws(SystemError) -> Bool {
        do {
            let folder = try Descriptor.open(layout.sheetFolder, [.directory, .followLink])
            for file in names(of: drive) where try folder.statusIfPresent(of: file) != nil { return true }
        } catch {
            if error.errno != .noSuchFileOrDirectory { throw error }
        }
        return false
    }

    /// One page of A4 or Letter in print, with a place for what must not be typed.
    var page: String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <title>Recovery sheet of drive \(name)</title>
        <style>
        @page { margin: 12mm }
        body { font: 8pt/1.2 monospace; max-width: 100ch; margin: auto }
        pre { white-space: pre-wrap; margin: 0 }
        .hand { border: 1px solid; padding: 4mm; margin-top: 4mm }
        </style>
        </head>
        <body>
        <pre>\(Self.escaped(instructions.text))</pre>
        <p class="hand">By hand. The passphrase is kept at: ______________________________
        A copy of the key file is kept at: ______________________________</p>
        </body>
        </html>

        """
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            default: escaped.append(character)
            }
        }
        return escaped
    }
}

/// Sizes as drives are sold: 1 GB is 10⁹ bytes.
enum ByteSize {
    static func text(_ bytes: UInt64) -> String {
        switch bytes {
        case ..<1_000_000_000: "\(bytes / 1_000_000) MB"
        case ..<1_000_000_000_000: "\(bytes / 1_000_000_000) GB"
        default: "\(bytes / 1_000_000_000_000).\(bytes / 100_000_000_000 % 10) TB"
        }
    }
}
