import Copying
import LinuxSystem

extension SourceConfiguration {
    init(reading table: inout TableReader) throws(ConfigurationError) {
        let (name, nameNode) = try table.requiredString("name")
        try Self.checkName(name, at: nameNode, in: table)
        let (path, pathNode) = try table.requiredString("path")
        self.name = name
        self.path = try Configuration.absolutePath(path, key: "path", at: pathNode, in: table)
        requiresMount = try table.boolean("require_mount") ?? false
        staysOnFileSystem = try table.boolean("one_file_system") ?? false
        excludes = []
        for (text, node) in try table.strings("exclude") ?? [] {
            excludes.append(try Self.pattern(text, at: node, in: table))
        }
        lock = nil
        if var lockTable = try table.table("lock") {
            lock = try SourceLock(reading: &lockTable)
            try lockTable.finish()
        }
        try table.finish()
    }

    private static func pattern(
        _ text: String,
        at node: TOMLDocument.Node,
        in table: TableReader
    ) throws(ConfigurationError) -> FileName {
        if text.isEmpty { throw table.mistake(at: node, "an empty pattern excludes nothing; remove it") }
        // It would drop those that protect the lock files, too.
        if text == "!" {
            throw table.mistake(at: node, "'!' drops all patterns before it; remove them instead")
        }
        do {
            _ = try FilterRules(excluding: [FileName(text)])
        } catch {
            throw table.mistake(at: node, "'exclude': \(error)")
        }
        return FileName(text)
    }

    /// A name becomes a folder on the drive beside `.extbackup` and `history`.
    private static func checkName(
        _ name: String,
        at node: TOMLDocument.Node,
        in table: TableReader
    ) throws(ConfigurationError) {
        let isPlain = name.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "-_.".utf8.contains(byte)
        }
        let beginsPlain = name.utf8.first.map { !"-_.".utf8.contains($0) } ?? false
        guard isPlain, beginsPlain, name.utf8.count <= 64 else {
            throw table.mistake(
                at: node,
                "\(FileName(name)) cannot be the name of a source",
                hint: "use up to 64 letters, digits, '-', '_' and '.', beginning with a letter or a digit"
            )
        }
        if name == "history" || name == "lost+found" {
            throw table.mistake(at: node, "the name '\(name)' is taken by a folder of the drive's own")
        }
    }
}

extension SourceLock {
    private enum KindName: String, CaseIterable {
        case flock, borg, command
    }

    init(reading table: inout TableReader) throws(ConfigurationError) {
        guard let kind: KindName = try table.choice("kind") else {
            throw table.mistake(at: nil, "'lock' needs the key 'kind': flock, borg or command")
        }
        switch kind {
        case .borg:
            self.kind = .borg
        case .flock:
            let (path, node) = try table.requiredString("path")
            self.kind = .flock(path: try Configuration.absolutePath(path, key: "path", at: node, in: table))
        case .command:
            guard let words = try table.strings("command"), let program = words.first else {
                throw table.mistake(at: nil, "a lock of kind 'command' needs 'command', an array of texts")
            }
            _ = try Configuration.absolutePath(program.text, key: "command", at: program.node, in: table)
            self.kind = .command(words.map { FileName($0.text) })
        }
        wait = .seconds(30 * 60)
        if let (text, node) = try table.string("wait") {
            guard let duration = Duration(configured: text) else {
                throw table.mistake(
                    at: node,
                    "'wait' must be a number with a unit s, m or h, not \(FileName(text))",
                    hint: "for example \"30m\""
                )
            }
            wait = duration
        }
    }
}

extension Duration {
    /// A number with a unit, `90s`, `30m` or `2h`; at most a week.
    init?(configured text: String) {
        guard let unit = text.last, let number = Int64(text.dropLast()), number >= 0 else { return nil }
        let secondsPerUnit: [Character: Int64] = ["s": 1, "m": 60, "h": 3600]
        guard let seconds = secondsPerUnit[unit], number <= 7 * 86400 / seconds else { return nil }
        self = .seconds(number * seconds)
    }
}
