internal import CTOML
import LinuxSystem

/// A TOML text as a tree in which every key knows its place.
///
/// Parsing is done by toml++; this is its result as Swift values.
struct TOMLDocument {
    /// Where something stands: lines and columns count from 1.
    struct Position: Hashable, Sendable {
        var line: Int
        var column: Int

        init(line: Int, column: Int) {
            self.line = line
            self.column = column
        }

        /// The place of a byte; columns count characters, as the parser counts them.
        init(ofByte offset: Int, in bytes: [UInt8]) {
            let before = bytes[..<offset]
            line = before.count { $0 == UInt8(ascii: "\n") } + 1
            let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
            column = before[start...].count { $0 & 0xc0 != 0x80 } + 1
        }
    }

    /// A value and the place of its key (in an array: of the value itself).
    struct Node {
        var key: String
        var position: Position
        var value: Value
    }

    /// What TOML knows, less what no configuration of ours uses: dates stay texts.
    enum Value {
        case table([Node])
        case array([Node])
        case string(String)
        case integer(Int64)
        case float(Double)
        case boolean(Bool)
        case date(String)

        /// The kind's name for messages.
        var kindName: String {
            switch self {
            case .table: "a table"
            case .array: "an array"
            case .string: "a text"
            case .integer: "a whole number"
            case .float: "a number"
            case .boolean: "true or false"
            case .date: "a date"
            }
        }
    }

    /// The parser's complaint and its place.
    struct SyntaxError: Error {
        var message: String
        var position: Position
    }

    let root: Node

    init(parsing bytes: [UInt8]) throws(SyntaxError) {
        if let fault = TOMLPrecheck.fault(in: bytes) {
            throw SyntaxError(message: fault.message, position: Position(ofByte: fault.offset, in: bytes))
        }
        let parsed = bytes.withUnsafeBytes { ext_toml_parse($0.baseAddress, $0.count) }
        guard let document = parsed else { fatalError("no memory to parse \(bytes.count) bytes") }
        defer { ext_toml_free(document) }
        var line: UInt32 = 0
        var column: UInt32 = 0
        if let error = ext_toml_error(document, &line, &column) {
            throw SyntaxError(
                message: String(cString: error),
                position: Position(line: Int(line), column: Int(column))
            )
        }
        var count = 0
        let nodes = UnsafeBufferPointer(start: ext_toml_nodes(document, &count), count: count)
        root = Self.tree(of: nodes)
    }

    /// Children are listed after their parent, so one walk from the end gathers them all.
    private static func tree(of nodes: UnsafeBufferPointer<ext_toml_node>) -> Node {
        var children: [[Node]] = Array(repeating: [], count: nodes.count)
        for index in nodes.indices.reversed() {
            let raw = nodes[index]
            let node = Node(
                key: text(raw.key, raw.key_length),
                position: Position(line: Int(raw.line), column: Int(raw.column)),
                value: value(of: raw, children: children[index].reversed())
            )
            if raw.parent < 0 { return node }
            children[Int(raw.parent)].append(node)
        }
        fatalError("a parsed document has a root")
    }

    private static func value(of raw: ext_toml_node, children: [Node]) -> Value {
        switch Int(raw.kind) {
        case EXT_TOML_TABLE: .table(children)
        case EXT_TOML_ARRAY: .array(children)
        case EXT_TOML_STRING: .string(text(raw.text, raw.text_length))
        case EXT_TOML_INTEGER: .integer(raw.integer)
        case EXT_TOML_FLOAT: .float(raw.number)
        case EXT_TOML_BOOLEAN: .boolean(raw.integer != 0)
        case EXT_TOML_DATE: .date(text(raw.text, raw.text_length))
        case let kind: fatalError("CTOML knows no kind \(kind)")
        }
    }

    private static func text(_ start: UnsafePointer<CChar>?, _ length: Int) -> String {
        UnsafeBufferPointer(start: start, count: length).withMemoryRebound(to: UInt8.self) {
            String(decoding: $0, as: UTF8.self)
        }
    }
}
