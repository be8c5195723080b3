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
    public init(_ options: [FilterOption], interruption: Interruption) throws(Failure) {
        self.init()
        do {
            for option in options {
                switch option {
                case .exclude(let pattern): try append(excluding: pattern)
                case .include(let pattern): try append(including: pattern)
                case .excludeFrom(let path):
                    for pattern in Self.patterns(try Self.read(path, interruption)) {
                        try append(excluding: pattern)
                    }
                }
            }
        } catch let error as FilterRuleError {
            throw Failure(.usage, "\(error)", hint: "give it a pattern, for example '*.tmp'")
        } catch let error as SystemError {
            if interruption.isRequested {
                throw Failure(
                    .interrupted,
                    "stopped; nothing was changed",
                    hint: "run the same command again"
                )
            }
            throw Failure(.usage, "the patterns cannot be read: \(error)", hint: "see --exclude-from")
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

    private static func read(_ path: FileName, _ interruption: Interruption) throws(SystemError) -> [UInt8] {
        if path == "-" {
            return try Descriptor.open("/proc/self/fd/0", [.read, .followLink]).readAll(limit: 1 << 24)
        }
        // A pipe into which nobody writes would hold a blocking open, and no signal would end that.
        let file = try Descriptor.open(path, [.read, .followLink, .nonBlocking])
        try file.waitForContents(until: interruption)
        return try file.readAll(limit: 1 << 24)
    }
}
