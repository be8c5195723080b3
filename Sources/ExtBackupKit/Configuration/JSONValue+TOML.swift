import Drives

// The same value as TOML 1.0. JSON's null has no counterpart there, and none here.
extension JSONValue {
    /// The lines of a document: what belongs to the top level itself, then a block for each table.
    ///
    /// Tables and arrays of tables at the top level become `[key]` and `[[key]]`, all below them inline tables.
    static func tomlLines(_ members: [Member]) -> [String] {
        let plain = members.filter { $0.value.tables == nil }.map(\.tomlLine)
        let blocks = members.flatMap { member -> [[String]] in
            guard let (tables, opening, closing) = member.value.tables else { return [] }
            return tables.map { [opening + toml(key: member.key) + closing] + $0.map(\.tomlLine) }
        }
        return Array(([plain].filter { !$0.isEmpty } + blocks).joined(separator: [""]))
    }

    /// The value on one line.
    var toml: String {
        switch self {
        case .object(let members):
            members.isEmpty ? "{}" : "{ " + members.map(\.tomlLine).joined(separator: ", ") + " }"
        case .array(let elements): "[" + elements.map(\.toml).joined(separator: ", ") + "]"
        case .string(let text): TOMLText.quoted(text)
        case .integer(let number): "\(number)"
        case .boolean(let answer): "\(answer)"
        }
    }

    /// Tables that get blocks of their own, and the brackets around their name; nil for all else.
    private var tables: (tables: [[Member]], opening: String, closing: String)? {
        switch self {
        case .object(let members): return ([members], "[", "]")
        case .array(let elements):
            var tables: [[Member]] = []
            for element in elements {
                guard case .object(let members) = element else { return nil }
                tables.append(members)
            }
            return tables.isEmpty ? nil : (tables, "[[", "]]")
        case .string, .integer, .boolean: return nil
        }
    }

    /// A key as it is where it may stand bare, else quoted.
    fileprivate static func toml(key: String) -> String {
        let isBare = key.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "-_".utf8.contains(byte)
        }
        return isBare && !key.isEmpty ? key : TOMLText.quoted(key)
    }
}

extension JSONValue.Member {
    /// `key = value`.
    fileprivate var tomlLine: String { "\(JSONValue.toml(key: key)) = \(value.toml)" }
}
