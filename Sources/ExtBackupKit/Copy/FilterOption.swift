public import Copying
public import LinuxSystem
import Reporting

/// An option that says what is copied.
public enum FilterOption: Hashable, Sendable {
    /// A pattern of what is left out.
    case exclude(FileName)
    /// A pattern of what is copied although a later pattern leaves it out.
    case include(FileName)
    /// A file with patterns of what is left out, one in each line; `-` is standard input.
    case excludeFrom(FileName)
}

extension FilterRules {
    /// Takes the options in their order: the first rule that matches wins.
    ///
    /// - Throws: `usage` for an empty pattern and a file that cannot be read.
    public init(_ options: [FilterOption]) throws(Failure) {
        self.init()
        do {
            for option in options {
                switch option {
                case .exclude(let pattern): try append(excluding: pattern)
                case .include(let pattern): try append(including: pattern)
                case .excludeFrom(let path):
                    for pattern in Self.patterns(try Self.read(path)) { try append(excluding: pattern) }
                }
            }
        } catch let error as FilterRuleError {
            throw Failure(.usage, "\(error)", hint: "give it a pattern, for example '*.tmp'")
        } catch let error as SystemError {
            throw Failure(.usage, "the patterns cannot be read: \(error)")
        } catch {
            throw Failure(.usage, "\(error)")
        }
    }

    /// As rsync reads them: a line ends with a line feed or a carriage return; empty lines and those that begin with `#`
    /// or `;` say nothing.
    private static func patterns(_ text: [UInt8]) -> [FileName] {
        text.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
            .filter { $0.first != UInt8(ascii: "#") && $0.first != UInt8(ascii: ";") }
            .map { FileName(bytes: $0) }
    }

    private static func read(_ path: FileName) throws(SystemError) -> [UInt8] {
        let place: FileName = path == "-" ? "/proc/self/fd/0" : path
        return try Descriptor.open(place, [.read, .followLink]).readAll(limit: 1 << 24)
    }
}
