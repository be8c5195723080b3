import LinuxSystem

/// Reads one table, key by key, and refuses what nobody asked for.
///
/// Each question notes the key as known; `finish()` then names the first key that is not, with the nearest
/// known one as a suggestion.
struct TableReader {
    typealias Node = TOMLDocument.Node
    typealias Position = TOMLDocument.Position

    let file: FileName
    let position: Position
    private let name: String
    private let nodes: [Node]
    private var known: [String] = []
    /// What it means when a mistake is told at the table itself.
    private let ownPlace: ConfigurationError.Place

    init(
        _ node: Node,
        named name: String,
        file: FileName,
        place: ConfigurationError.Place = .exact
    ) throws(ConfigurationError) {
        guard case .table(let nodes) = node.value else {
            throw ConfigurationError(
                file: file,
                position: node.position,
                message: "'\(name)' must be a table, not \(node.value.kindName)"
            )
        }
        self.file = file
        self.name = name
        self.nodes = nodes
        position = node.position
        ownPlace = place
    }

    /// A mistake at a key of this table, or at the table itself.
    func mistake(at node: Node?, _ message: String, hint: String? = nil) -> ConfigurationError {
        ConfigurationError(
            file: file,
            position: node?.position ?? position,
            place: node == nil ? ownPlace : .exact,
            message: message,
            hint: hint
        )
    }

    /// The key's node, if it is there.
    mutating func node(_ key: String) -> Node? {
        known.append(key)
        return nodes.first { $0.key == key }
    }

    mutating func string(_ key: String) throws(ConfigurationError) -> (text: String, node: Node)? {
        guard let node = node(key) else { return nil }
        guard case .string(let text) = node.value else { throw wrongKind(node, wanted: "a text") }
        try refuseNUL(text, key, at: node)
        return (text, node)
    }

    mutating func requiredString(_ key: String) throws(ConfigurationError) -> (text: String, node: Node) {
        if let found = try string(key) { return found }
        throw missing(key, "'\(name)' needs the key '\(key)'")
    }

    /// A key that was asked for and must be there is not. Where it was meant to be, it is misspelled.
    func missing(_ key: String, _ message: String, hint: String? = nil) -> ConfigurationError {
        let slip = nodes.first { !known.contains($0.key) && Spelling.nearest(to: $0.key, in: [key]) != nil }
        if let slip { return unknown(slip, hint: "did you mean '\(key)'?") }
        return mistake(at: nil, message, hint: hint)
    }

    mutating func boolean(_ key: String) throws(ConfigurationError) -> Bool? {
        guard let node = node(key) else { return nil }
        guard case .boolean(let value) = node.value else { throw wrongKind(node, wanted: "true or false") }
        return value
    }

    mutating func integer(_ key: String, in range: ClosedRange<Int>) throws(ConfigurationError) -> Int? {
        guard let node = node(key) else { return nil }
        guard case .integer(let value) = node.value else { throw wrongKind(node, wanted: "a whole number") }
        guard let small = Int(exactly: value), range.contains(small) else {
            throw mistake(
                at: node,
                "'\(key)' must be from \(range.lowerBound) to \(range.upperBound), not \(value)"
            )
        }
        return small
    }

    mutating func strings(_ key: String) throws(ConfigurationError) -> [(text: String, node: Node)]? {
        guard let node = node(key) else { return nil }
        guard case .array(let elements) = node.value else {
            throw wrongKind(node, wanted: "an array of texts")
        }
        var texts: [(text: String, node: Node)] = []
        for element in elements {
            guard case .string(let text) = element.value else {
                throw mistake(
                    at: element,
                    "'\(key)' holds \(element.value.kindName), but only texts belong there"
                )
            }
            try refuseNUL(text, key, at: element)
            texts.append((text, element))
        }
        return texts
    }

    /// The table under a key, to be read with a reader of its own.
    mutating func table(_ key: String) throws(ConfigurationError) -> TableReader? {
        guard let node = node(key) else { return nil }
        return try TableReader(node, named: key, file: file)
    }

    /// The tables of an array of tables; empty when the key is missing.
    mutating func tables(_ key: String) throws(ConfigurationError) -> [TableReader] {
        guard let node = node(key) else { return [] }
        guard case .array(let elements) = node.value else {
            throw wrongKind(node, wanted: "an array of tables, written [[\(key)]]")
        }
        var readers: [TableReader] = []
        for element in elements { readers.append(try TableReader(element, named: key, file: file)) }
        return readers
    }

    /// One of an enumeration's raw values.
    mutating func choice<Choice>(
        _ key: String,
        _ type: Choice.Type = Choice.self
    ) throws(ConfigurationError) -> Choice? where Choice: RawRepresentable<String> & CaseIterable {
        guard let (text, node) = try string(key) else { return nil }
        return try Self.choice(text, key: key, at: node, in: self)
    }

    /// The enumeration's case for a text, or a mistake that lists what is possible.
    static func choice<Choice>(
        _ text: String,
        key: String,
        at node: Node,
        in reader: TableReader
    ) throws(ConfigurationError) -> Choice where Choice: RawRepresentable<String> & CaseIterable {
        if let choice = Choice(rawValue: text) { return choice }
        let names = Choice.allCases.map(\.rawValue)
        let hint = Spelling.nearest(to: text, in: names).map { "did you mean '\($0)'?" }
        throw reader.mistake(
            at: node,
            "'\(key)' cannot be \(FileName(text)); possible: \(names.joined(separator: ", "))",
            hint: hint
        )
    }

    /// Refuses keys that nobody asked for.
    func finish() throws(ConfigurationError) {
        guard let stranger = nodes.first(where: { !known.contains($0.key) }) else { return }
        let hint =
            Spelling.nearest(to: stranger.key, in: known).map { "did you mean '\($0)'?" }
            ?? "known here: \(known.sorted().joined(separator: ", "))"
        throw unknown(stranger, hint: hint)
    }

    private func unknown(_ stranger: Node, hint: String) -> ConfigurationError {
        mistake(at: stranger, "unknown key \(FileName(stranger.key)) in '\(name)'", hint: hint)
    }

    /// Names and paths end at a NUL: what stands behind it would be lost without a word.
    private func refuseNUL(_ text: String, _ key: String, at node: Node) throws(ConfigurationError) {
        if text.utf8.contains(0) { throw mistake(at: node, "'\(key)' must not hold a NUL character") }
    }

    private func wrongKind(_ node: Node, wanted: String) -> ConfigurationError {
        mistake(at: node, "'\(node.key)' must be \(wanted), not \(node.value.kindName)")
    }
}
