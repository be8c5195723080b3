import Copying
import LinuxSystem
import Reporting

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
        excludes += try Self.readExcludeFile(&table)
        if try table.boolean("exclude_caches") ?? false { taggedCaches = .leftEmpty }
        if try table.boolean("ignore_files") ?? false { ignoreFiles = .obeyed }
        sizes = try Self.readSizes(&table)
        lock = nil
        if var lockTable = try table.table("lock") {
            lock = try SourceLock(reading: &lockTable)
            try lockTable.finish()
        }
        hooks = try Hooks(reading: &table, timeoutKey: "hook_timeout")
        try table.finish()
    }

    /// The patterns of the file `exclude_from`, whose mistakes are told with its own lines.
    private static func readExcludeFile(_ table: inout TableReader) throws(ConfigurationError) -> [FileName] {
        guard let (text, node) = try table.string("exclude_from") else { return [] }
        let path = try Configuration.absolutePath(text, key: "exclude_from", at: node, in: table)
        let bytes: [UInt8]
        do {
            bytes = try path.configurationText(whenMissing: "write it, or remove 'exclude_from'")
        } catch {
            throw table.mistake(at: node, "'exclude_from': \(path) \(error.message)", hint: error.hint)
        }
        do {
            return try FilterRules.patterns(ofExcludeFile: bytes)
        } catch {
            let position = TOMLDocument.Position(line: error.line, column: 1)
            throw ConfigurationError(file: path, position: position, message: error.message)
                .quoting(bytes, of: path)
        }
    }

    private static func readSizes(_ table: inout TableReader) throws(ConfigurationError) -> SizeLimits {
        let minimum = try table.byteCount("min_size")?.bytes ?? 0
        let maximum = try table.byteCount("max_size")?.bytes ?? .max
        if minimum > maximum {
            throw table.mistake(
                at: table.node("min_size"),
                "'min_size' is larger than 'max_size', so no file would be copied"
            )
        }
        return SizeLimits(minimum: minimum, maximum: maximum)
    }

    private static func pattern(
        _ text: String,
        at node: TOMLDocument.Node,
        in table: TableReader
    ) throws(ConfigurationError) -> FileName {
        if text.isEmpty { throw table.mistake(at: node, "an empty pattern excludes nothing; remove it") }
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
            throw table.missing("kind", "'lock' needs the key 'kind': flock, borg or command")
        }
        switch kind {
        case .borg:
            self.kind = .borg
        case .flock:
            let (path, node) = try table.requiredString("path")
            self.kind = .flock(path: try Configuration.absolutePath(path, key: "path", at: node, in: table))
        case .command:
            guard let words = try table.strings("command"), let program = words.first else {
                throw table.missing("command", "a lock of kind 'command' needs 'command', an array of texts")
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

extension TableReader {
    fileprivate mutating func byteCount(_ key: String) throws(ConfigurationError) -> ByteCount? {
        guard let (text, node) = try string(key) else { return nil }
        if let count = ByteCount(configured: text) { return count }
        throw mistake(
            at: node,
            "'\(key)' must be a whole number of bytes or of a unit, not \(FileName(text))",
            hint: "for example \"4GB\" (4 000 000 000 bytes) or \"4GiB\" (4 294 967 296 bytes)"
        )
    }
}

extension ByteCount {
    /// A whole number of bytes, or of a unit as drives are sold (`k`, `M`, `G`, `T`, also with `B`; 1 GB is 10⁹
    /// bytes), or of one that says that it is binary (`KiB` to `TiB`); one blank may stand between.
    init?(configured text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        var unit = text.dropFirst(digits.count)
        if unit.count > 1, unit.first == " " { unit = unit.dropFirst() }
        guard let number = Int64(digits), let factor = Self.units[String(unit)] else { return nil }
        let (bytes, overflows) = number.multipliedReportingOverflow(by: factor)
        if overflows { return nil }
        self.init(bytes)
    }

    private static let units: [String: Int64] = [
        "": 1, "B": 1,
        "k": 1_000, "K": 1_000, "kB": 1_000, "KB": 1_000, "KiB": 1 << 10,
        "M": 1_000_000, "MB": 1_000_000, "MiB": 1 << 20,
        "G": 1_000_000_000, "GB": 1_000_000_000, "GiB": 1 << 30,
        "T": 1_000_000_000_000, "TB": 1_000_000_000_000, "TiB": 1 << 40,
    ]
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
