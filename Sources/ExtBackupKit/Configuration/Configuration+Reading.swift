import Indicators
public import LinuxSystem
import Reporting
import SystemPackage

extension Configuration {
    /// Reads and checks a configuration file.
    public init(readingFrom path: FileName) throws(ConfigurationError) {
        try self.init(
            parsing: try path.configurationText(
                whenMissing:
                    "'extbackup init' writes one after a few questions; 'extbackup config example' prints one"
            ),
            file: path
        )
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
        sources = try Self.readSources(&top)
        hooks = try Self.readRun(&top)
        (deletionLimit, replugging) = try Self.readGuard(&top)
        light = try Self.readLight(&top)
        mail = try Self.readMail(&top)
        drive = try Self.readDrive(&top)
        try top.finish()
    }

    private static func readSources(_ top: inout TableReader) throws(ConfigurationError)
        -> [SourceConfiguration]
    {
        var sources: [SourceConfiguration] = []
        for var table in try top.tables("source") {
            let source = try SourceConfiguration(reading: &table)
            if sources.contains(where: { $0.name == source.name }) {
                throw table.mistake(
                    at: table.node("name"),
                    "two sources have the name \(FileName(source.name))"
                )
            }
            sources.append(source)
        }
        if sources.isEmpty {
            throw top.missing("source", "there is no source", hint: "add [[source]] with a name and a path")
        }
        return sources
    }

    private static func readRun(_ top: inout TableReader) throws(ConfigurationError) -> Hooks {
        guard var table = try top.table("run") else { return .none }
        let hooks = try Hooks(reading: &table, timeoutKey: "timeout")
        try table.finish()
        return hooks
    }

    private static func readGuard(
        _ top: inout TableReader
    ) throws(ConfigurationError) -> (DeletionLimit, Replugging) {
        var limit = DeletionLimit.standard
        guard var table = try top.table("guard") else { return (limit, .approves) }
        if var most = try table.table("max_delete") {
            limit.files = try most.integer("files", in: 0...Int.max) ?? limit.files
            limit.percent = try most.integer("percent", in: 0...100) ?? limit.percent
            try most.finish()
        }
        let approves = try table.boolean("replug_approves") ?? true
        try table.finish()
        return (limit, approves ? .approves : .disregarded)
    }

    private static func readLight(_ top: inout TableReader) throws(ConfigurationError) -> LightConfiguration?
    {
        var light = LightConfiguration.standard
        guard var table = try top.table("led") else { return light }
        let isEnabled = try table.boolean("enabled") ?? true
        light.serial = try table.string("serial")?.text
        light.index = try table.integer("index", in: 0...63) ?? light.index
        light.brightness = try table.integer("brightness", in: 1...100) ?? light.brightness
        for role in LightRole.allCases {
            guard let (text, node) = try table.string(role.rawValue) else { continue }
            do {
                light.colors[role] = try RGB(text)
            } catch {
                throw table.mistake(at: node, "'\(role.rawValue)': \(error)", hint: "for example \"33c280\"")
            }
        }
        try table.finish()
        do {
            _ = try LightSettings(light)
        } catch {
            throw table.mistake(
                at: nil,
                "in 'led': \(error)",
                hint: "green is the only color that says 'safe to pull': let it stand out"
            )
        }
        return isEnabled ? light : nil
    }

    private static func readMail(_ top: inout TableReader) throws(ConfigurationError) -> MailConfiguration {
        var mail = MailConfiguration.standard
        guard var table = try top.table("mail") else { return mail }
        if let recipients = try table.strings("to") {
            for (text, node) in recipients {
                do {
                    _ = try MailAddress(text)
                } catch {
                    throw table.mistake(at: node, error.message, hint: error.hint)
                }
            }
            mail.recipients = recipients.map(\.text)
        }
        if let occasions = try table.strings("on") {
            mail.policy = MailPolicy(on: [])
            for (text, node) in occasions {
                mail.policy.occasions.insert(try TableReader.choice(text, key: "on", at: node, in: table))
            }
        }
        if let (path, node) = try table.string("sendmail") {
            mail.sendmail = try absolutePath(path, key: "sendmail", at: node, in: table)
        }
        try table.finish()
        return mail
    }

    private static func readDrive(_ top: inout TableReader) throws(ConfigurationError) -> DriveConfiguration {
        var drive = DriveConfiguration.standard
        guard var table = try top.table("drive") else { return drive }
        drive.ending = try table.choice("when_done") ?? drive.ending
        if let (text, node) = try table.string("due_after") {
            guard let days = text.last == "d" ? Int64(text.dropLast()) : nil, (1...3650).contains(days) else {
                throw table.mistake(
                    at: node,
                    "'due_after' must be a number of days from 1d to 3650d, not \(FileName(text))",
                    hint: "for example \"30d\""
                )
            }
            drive.dueAfter = .seconds(days * 86400)
        }
        try table.finish()
        return drive
    }

    static func absolutePath(
        _ text: String,
        key: String,
        at node: TOMLDocument.Node,
        in table: TableReader
    ) throws(ConfigurationError) -> FileName {
        let path = FileName(text)
        guard text.hasPrefix("/"), path.bytes.count == text.utf8.count else {
            throw table.mistake(at: node, "'\(key)' must be an absolute path, not \(path)")
        }
        if path.components.contains("..") {
            throw table.mistake(at: node, "'\(key)' must not hold '..': \(path)")
        }
        // PATH_MAX counts the byte behind the text, NAME_MAX does not (limits.h).
        if path.bytes.count >= 4096 || path.components.contains(where: { $0.bytes.count > 255 }) {
            throw table.mistake(at: node, "'\(key)' is longer than any path can be")
        }
        return path
    }
}

extension TableReader {
    /// The reader of a whole document.
    static func document(parsing bytes: [UInt8], file: FileName) throws(ConfigurationError) -> TableReader {
        let root: TOMLDocument.Node
        do {
            root = try TOMLDocument(parsing: bytes).root
        } catch {
            // The parser quotes what it stumbled over, whatever that does to a terminal.
            let message = SingleLine.escape(error.message)
            throw ConfigurationError(file: file, position: error.position, message: message)
        }
        return try TableReader(root, named: "the top level", file: file, place: .wholeFile)
    }
}

extension FileName {
    /// The bytes of a configuration file, which is a plain file of at most 1 MiB.
    ///
    /// - Parameter hint: what to do when there is none.
    func configurationText(whenMissing hint: String) throws(ConfigurationError) -> [UInt8] {
        do {
            // Non-blocking, for a FIFO in its place would make the open wait, and no signal would end that.
            let file = try Descriptor.open(self, [.read, .followLink, .nonBlocking])
            if try file.nodeStatus().kind == .regular { return try file.readAll(limit: 1 << 20) }
        } catch {
            switch error.errno {
            case .noSuchFileOrDirectory: throw unreadable(error.reason, hint: hint)
            case .fileTooLarge:
                throw unreadable("it is larger than 1 MiB", hint: "take out what is not needed")
            default: throw unreadable(error.reason, hint: "look at it with 'ls -l'")
            }
        }
        throw unreadable("it is not a plain file", hint: "put a text file in its place")
    }

    private func unreadable(_ reason: String, hint: String) -> ConfigurationError {
        ConfigurationError(file: self, position: nil, message: "cannot be read: \(reason)", hint: hint)
    }
}
