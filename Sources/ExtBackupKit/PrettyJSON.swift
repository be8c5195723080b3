import FoundationEssentials
import Reporting

/// JSON as people and `diff` like it: indented, keys in order.
enum PrettyJSON {
    /// The value's text, without an end of line behind it.
    static func text(of value: some Encodable) throws(Failure) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(value), as: UTF8.self)
        } catch {
            throw Failure(.failed, "the result cannot be written as JSON: \(error)")
        }
    }
}
