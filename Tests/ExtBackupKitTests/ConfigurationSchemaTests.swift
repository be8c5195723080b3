import LinuxSystem
import Testing

@testable import ExtBackupKit

extension JSONValue {
    fileprivate var members: [Member] {
        guard case .object(let members) = self else { return [] }
        return members
    }

    fileprivate var elements: [JSONValue] {
        guard case .array(let elements) = self else { return [] }
        return elements
    }

    fileprivate var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    fileprivate var integer: Int? {
        guard case .integer(let integer) = self else { return nil }
        return integer
    }

    fileprivate subscript(key: String) -> JSONValue? { members.first { $0.key == key }?.value }

    fileprivate var properties: [Member] { self["properties"]?.members ?? [] }

    /// The tables that may stand under a key: none for a key that holds something else.
    fileprivate var tables: [JSONValue] {
        if let alternatives = self["oneOf"] { return alternatives.elements }
        if self["type"] == "object" { return [self] }
        guard self["type"] == "array", let items = self["items"], items["type"] == "object" else { return [] }
        return [items]
    }
}

/// A table of the schema, and how documents get there.
private struct Place: CustomTestStringConvertible, Sendable {
    struct Step: Sendable {
        var key: String
        var isArray: Bool
        var parent: JSONValue
    }

    var steps: [Step]
    var table: JSONValue

    var testDescription: String {
        let kind = table["properties"]?["kind"]?["const"]?.text.map { " (\($0))" } ?? ""
        return (["top"] + steps.map(\.key)).joined(separator: ".") + kind
    }

    static let all = below(ConfigurationSchema.document, [])

    private static func below(_ table: JSONValue, _ steps: [Step]) -> [Place] {
        [Place(steps: steps, table: table)]
            + table.properties.flatMap { member in
                let step = Step(key: member.key, isArray: member.value["type"] == "array", parent: table)
                return member.value.tables.flatMap { below($0, steps + [step]) }
            }
    }

    /// A document that says this in the table, and otherwise no more than it must.
    func document(_ fields: [String: String]) throws -> String {
        var fields = try Self.completed(fields, table)
        for step in steps.reversed() {
            let inline = "{ " + Self.lines(fields).joined(separator: ", ") + " }"
            fields = try Self.completed([step.key: step.isArray ? "[\(inline)]" : inline], step.parent)
        }
        return Self.lines(fields).joined(separator: "\n") + "\n"
    }

    private static func lines(_ fields: [String: String]) -> [String] {
        fields.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)" }
    }

    private static let samples = [
        "name": "\"a\"", "path": "\"/a\"", "command": "[\"/a\"]",
        "source": "[{ name = \"a\", path = \"/a\" }]",
    ]

    private static func completed(_ fields: [String: String], _ table: JSONValue) throws -> [String: String] {
        var fields = fields
        for key in (table["required"]?.elements ?? []).compactMap(\.text) where fields[key] == nil {
            let const = table["properties"]?[key]?["const"]?.text.map { "\"\($0)\"" }
            let sample: String = try #require(const ?? samples[key], "no sample of '\(key)'")
            fields[key] = sample
        }
        return fields
    }
}

@Suite("The schema of the configuration, beside its reader,")
struct ConfigurationSchemaTests {
    private func mistake(_ place: Place, _ fields: [String: String]) throws -> ConfigurationError? {
        let text = try place.document(fields)
        do throws(ConfigurationError) {
            _ = try Configuration(parsing: Array(text.utf8), file: "config.toml")
            return nil
        } catch {
            return error
        }
    }

    @Test("has every table")
    func tables() {
        #expect(
            Place.all.map(\.testDescription) == [
                "top", "top.source", "top.source.lock (flock)", "top.source.lock (borg)",
                "top.source.lock (command)", "top.run", "top.guard", "top.guard.max_delete", "top.led",
                "top.mail",
                "top.drive",
            ]
        )
    }

    @Test("has every key, and no other", arguments: Place.all)
    private func keys(place: Place) throws {
        #expect(try mistake(place, [:]) == nil)
        let error = try #require(try mistake(place, [String(repeating: "z", count: 40): "1"]))
        let start = "known here: "
        let hint = try #require(error.hint)
        try #require(hint.hasPrefix(start))
        let known = hint.dropFirst(start.count).split(separator: ", ").map(String.init)
        #expect(Set(known) == Set(place.table.properties.map(\.key)))
        #expect(place.table["additionalProperties"] == false)
    }

    @Test("has every key's kind", arguments: Place.all)
    private func kinds(place: Place) throws {
        for member in place.table.properties {
            let wanted = try #require(Self.kind(of: member))
            let error = try mistake(place, [member.key: "1979-05-27"])
            #expect(error?.message == "'\(member.key)' must be \(wanted), not a date")
        }
    }

    private static func kind(of member: JSONValue.Member) -> String? {
        let isTable = !member.value.tables.isEmpty
        switch member.value["type"]?.text {
        case "string": return "a text"
        case "boolean": return "true or false"
        case "integer": return "a whole number"
        case "array":
            return isTable ? "an array of tables, written [[\(member.key)]]" : "an array of texts"
        default: return isTable ? "a table" : nil
        }
    }

    @Test("has every choice", arguments: Place.all)
    private func choices(place: Place) throws {
        for member in place.table.properties {
            let isList = member.value["type"] == "array"
            guard let choices = (isList ? member.value["items"] : member.value)?["enum"]?.elements else {
                continue
            }
            let error = try mistake(place, [member.key: isList ? "[\"zzzz\"]" : "\"zzzz\""])
            let names = choices.compactMap(\.text).joined(separator: ", ")
            #expect(error?.message == "'\(member.key)' cannot be 'zzzz'; possible: \(names)")
        }
    }

    @Test("has every kind of lock")
    func locks() throws {
        let places = Place.all.filter { $0.steps.last?.key == "lock" }
        let kinds = places.compactMap { $0.table["properties"]?["kind"]?["const"]?.text }
        let error = try mistake(try #require(places.first), ["kind": "\"zzzz\""])
        #expect(error?.message == "'kind' cannot be 'zzzz'; possible: \(kinds.joined(separator: ", "))")
    }

    @Test("has every limit", arguments: Place.all)
    private func limits(place: Place) throws {
        for member in place.table.properties where member.value["type"] == "integer" {
            let least = try #require(member.value["minimum"]?.integer)
            let most = member.value["maximum"]?.integer ?? .max
            let error = try mistake(place, [member.key: "\(least - 1)"])
            #expect(error?.message == "'\(member.key)' must be from \(least) to \(most), not \(least - 1)")
        }
    }

    private static let texts = [
        "", "a", "Fotos.2_a", "history", ".a", "/", "/a b", "a/b", "!", "+ a", "30m", "30d", "0s", "168h",
        "4GB",
        "4 GiB",
        "1k", "512", "9 B", "33c280", "#33C280", "00ff00", "off", "root", "a.b@example.org", "-a",
    ]

    @Test("refuses no text that is taken", arguments: Place.all)
    private func patterns(place: Place) throws {
        for member in place.table.properties {
            let isList = member.value["type"] == "array"
            guard let pattern = (isList ? member.value["items"] : member.value)?["pattern"]?.text else {
                continue
            }
            let regex = try Regex(pattern)
            var taken = 0
            for text in Self.texts {
                let value = isList ? "[\"\(text)\"]" : "\"\(text)\""
                var fields = [member.key: value]
                // A limit needs something to limit.
                if member.key.hasSuffix("timeout") { fields["before"] = "[\"/a\"]" }
                guard try mistake(place, fields) == nil else { continue }
                #expect(text.firstMatch(of: regex) != nil, "\(member.key) = \(value)")
                taken += 1
            }
            // Files of patterns are opened, and none of these is one.
            #expect(taken > 0 || member.key == "exclude_from", "\(member.key)")
        }
    }

    @Test("has the values that hold when nothing is said")
    func defaults() throws {
        let text = "[[source]]\nname = 'a'\npath = '/a'\nlock = { kind = 'borg' }\n"
        let read = try Configuration(parsing: Array(text.utf8), file: "config.toml")
        let effect = JSONValue.object(read.effectiveSettings)
        var count = 0
        for place in Place.all {
            var table: JSONValue? = effect
            for step in place.steps {
                table = step.isArray ? table?[step.key]?.elements.first : table?[step.key]
            }
            if let kind = place.table["properties"]?["kind"]?["const"], kind != table?["kind"] { continue }
            for member in place.table.properties {
                guard let value = member.value["default"] else { continue }
                #expect(table?[member.key] == value, "\(place.testDescription).\(member.key)")
                count += 1
            }
        }
        #expect(count == 24)
    }

    @Test("is a JSON document")
    func json() throws {
        let text = try ConfigurationForm.schema()
        #expect(text.contains("\"$schema\" : \"https://json-schema.org/draft/2020-12/schema\""))
        #expect(text.hasPrefix("{\n") && text.hasSuffix("\n}"))
    }
}
