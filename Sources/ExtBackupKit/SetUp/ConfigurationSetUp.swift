import Drives
public import LinuxSystem
import Reporting
import SystemPackage

/// A first `config.toml`, from what a person says. One that is there is never overwritten.
public struct ConfigurationSetUp {
    private let folder: FileName
    private let mounts: [MountTable.Entry]
    /// Folders that a person may mean.
    let candidates: [SourceCandidate]
    private var template = ConfigurationTemplate(sources: [])
    /// What was said and may be a slip.
    public private(set) var warnings: [String] = []

    /// Begins, if there is no configuration in the folder, and one can be made there.
    public init(folder: FileName) throws(Failure) {
        // Without the table nothing is offered, and nothing is taken for mounted, ignoring.
        let table = (try? MountTable.ofMachine()) ?? (try? MountTable.current())
        let mounts = table?.entries ?? []
        let candidates = SourceCandidate.all(mounts: mounts, isFilled: Self.isFilled)
        try self.init(folder: folder, mounts: mounts, candidates: candidates)
    }

    init(
        folder: FileName,
        mounts: [MountTable.Entry],
        candidates: [SourceCandidate]
    ) throws(Failure) {
        self.folder = folder
        self.mounts = mounts
        self.candidates = candidates
        do {
            _ = try Descriptor.open(file, .path)
        } catch {
            if error.errno == .noSuchFileOrDirectory {
                try checkThatItCanBeWritten()
                return
            }
            throw unwritable(error)
        }
        throw isThere
    }

    private var file: FileName { folder.appending("config.toml") }

    private var isThere: Failure {
        Failure(
            .failed,
            "\(file) is there already and stays as it is",
            hint: "edit it; 'extbackup config check' tells whether it is right"
        )
    }

    private func unwritable(_ error: SystemError) -> Failure {
        let hint =
            effectiveUserID() == 0
            ? "the folder above it must be there, on a file system that can be written"
            : "put 'sudo' in front of it"
        return Failure(.failed, "\(file) cannot be written: \(error)", hint: hint)
    }

    /// Nobody should answer questions for nothing.
    private func checkThatItCanBeWritten() throws(Failure) {
        let above = isFolder(folder) ? folder : folder.parentFolder
        do {
            _ = try Descriptor.makeUnnamed(in: above)
        } catch {
            throw unwritable(error)
        }
    }

    private static func isFilled(_ path: FileName) -> Bool {
        // What cannot be looked into is not offered, ignoring.
        guard let folder = try? Descriptor.open(path, [.directory, .followLink]),
            let names = try? folder.entryNames()
        else { return false }
        return names.contains { $0 != "lost+found" }
    }

    private func isFolder(_ path: FileName) -> Bool {
        // Whatever keeps it from being opened, it is none that can be used, ignoring.
        (try? Descriptor.open(path, [.directory, .path, .followLink])) != nil
    }
}

// What a person says.
extension ConfigurationSetUp {
    /// Takes a source as it stands behind an option, `NAME=PATH`. It must be mounted when it is now.
    public mutating func add(argument: FileName) throws(Failure) {
        guard let equals = argument.bytes.firstIndex(of: UInt8(ascii: "=")) else {
            throw Failure(
                .usage,
                "\(argument) is no source",
                hint: "write NAME=PATH, for example photos=/srv/photos"
            )
        }
        let path = FileName(bytes: argument.bytes[(equals + 1)...])
        let name = FileName(bytes: argument.bytes[..<equals])
        try add(path: path, name: name, requiresMount: isMounted(path))
        if !isFolder(path) { warnings.append("there is no folder \(path)") }
    }

    /// Takes a source.
    ///
    /// - Parameter name: nil for one that follows from the path.
    mutating func add(path: FileName, name: FileName? = nil, requiresMount: Bool) throws(Failure) {
        let ownName =
            name ?? FileName(SourceCandidate.name(for: path, apartFrom: template.sources.map(\.name)))
        guard let nameText = String(validating: ownName.bytes, as: UTF8.self),
            let pathText = String(validating: Self.simplified(path).bytes, as: UTF8.self)
        else {
            throw Failure(.usage, "\(path) is no UTF-8, but a configuration is", hint: "rename the folder")
        }
        if let same = template.sources.first(where: { $0.path == pathText }) {
            throw Failure(
                .usage,
                "\(FileName(pathText)) is the source '\(same.name)' already",
                hint: "name it once"
            )
        }
        var changed = template
        changed.sources.append(.init(name: nameText, path: pathText, requiresMount: requiresMount))
        try check(changed)
        template = changed
    }

    /// Takes who gets mail; nobody is possible.
    public mutating func setRecipients(_ recipients: [String]) throws(Failure) {
        var changed = template
        changed.recipients = recipients
        do {
            for recipient in recipients { _ = try MailAddress(recipient) }
        } catch {
            throw Failure(.usage, error.message, hint: error.hint)
        }
        template = changed
    }

    /// Takes that there is no light.
    public mutating func switchLightOff() {
        template.hasLight = false
    }

    private func check(_ template: ConfigurationTemplate) throws(Failure) {
        do {
            _ = try Configuration(parsing: Array(template.text.utf8), file: file)
        } catch {
            throw Failure(.usage, error.message, hint: error.hint ?? "for example photos=/srv/photos")
        }
    }

    /// Without slashes that say nothing.
    private static func simplified(_ path: FileName) -> FileName {
        guard path.bytes.first == UInt8(ascii: "/") else { return path }
        return path.components.reduce("/") { $0.appending($1) }
    }
}

// What a person is asked about.
extension ConfigurationSetUp {
    var hasSources: Bool { !template.sources.isEmpty }

    func isThereAFolder(at path: FileName) -> Bool { isFolder(path) }

    /// True when the path, without symbolic links, is one at which a file system is mounted.
    func isMounted(_ path: FileName) -> Bool {
        // What is not there is not mounted, ignoring.
        guard let place = try? resolvedPath(path) else { return false }
        return mounts.contains { $0.target == place }
    }
}

// The end.
extension ConfigurationSetUp {
    /// Writes the file, durably and in one step.
    ///
    /// - Returns: what a person should know at the end.
    /// - Throws: when it cannot be written, or is there by now; then nothing was changed.
    public func write() throws(Failure) -> [String] {
        try check(template)
        do {
            try writeFile()
        } catch {
            throw error.errno == .fileExists ? isThere : unwritable(error)
        }
        return closingLines
    }

    private func writeFile() throws(SystemError) {
        let folder = try openFolder()
        let temporary: FileName = ".config.toml.new"
        try folder.removeFileIfPresent(temporary)
        do {
            let file = try folder.open(temporary, [.write, .create, .exclusive])
            try file.setPermissions(0o644)
            try file.writeAll(Array(template.text.utf8))
            try file.sync()
            // Unlike a rename, a link does not replace what is there.
            try folder.link(temporary, to: folder, as: self.file.lastComponent)
        } catch {
            // The first error is the one to report; the temporary is hidden and replaced next time, ignoring.
            try? folder.removeFileIfPresent(temporary)
            throw error
        }
        try folder.removeFileIfPresent(temporary)
        try folder.sync()
    }

    private func openFolder() throws(SystemError) -> Descriptor {
        if isFolder(folder) { return try Descriptor.open(folder, [.directory, .followLink]) }
        return try Descriptor.makeFolder(folder, mode: 0o755)
    }

    private var closingLines: [String] {
        var lines = ["\(file) is written:"]
        for source in template.sources {
            let rule = source.requiresMount ? ", must be mounted" : ""
            lines.append("  source \(source.name): \(FileName(source.path))\(rule)")
        }
        let mail = template.recipients.isEmpty ? "nobody" : template.recipients.joined(separator: ", ")
        lines.append("  mail to \(mail); \(template.hasLight ? "a light, if there is one" : "no light")")
        lines += [
            "What else can be set is in it as comments; 'extbackup config check' tells whether it is right.",
            "Next: 'extbackup mail test', 'extbackup led test', and 'extbackup prepare-disk' for a drive.",
        ]
        return lines
    }
}
