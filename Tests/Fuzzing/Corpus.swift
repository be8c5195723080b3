public import LinuxSystem
import SystemPackage

/// Texts kept in `Tests/Corpus`, a folder for each parser: good ones, and bad ones with what is said of them.
///
/// Whatever once broke a parser stays here. A bad `NAME.toml` has the exact complaint in `NAME.error` beside it.
public struct Corpus: Sendable {
    /// One text.
    public struct Entry: Sendable, CustomStringConvertible {
        /// The file's name.
        public let name: String
        /// Its contents.
        public let bytes: [UInt8]
        /// What a person is told of it; nil when it is accepted.
        public let complaint: String?
        /// The name.
        public var description: String { name }
    }

    /// All texts, sorted by name.
    public let entries: [Entry]

    /// Reads the folder of a parser.
    public init(_ kind: String, file: String = #filePath) throws(SystemError) {
        let tests = FileName(file).components.dropLast(2).reduce(FileName("/")) { $0.appending($1) }
        let folder = try Descriptor.open(tests.appending("Corpus").appending(FileName(kind)), .directory)
        let names = try folder.entryNames().sorted()
        var entries: [Entry] = []
        for name in names where !name.bytes.reversed().starts(with: ".error".utf8.reversed()) {
            let stem = name.bytes.prefix { $0 != UInt8(ascii: ".") }
            let complaint = FileName(bytes: Array(stem) + Array(".error".utf8))
            entries.append(
                Entry(
                    name: String(decoding: name.bytes, as: UTF8.self),
                    bytes: try Self.contents(of: name, in: folder),
                    complaint: names.contains(complaint)
                        ? String(decoding: try Self.contents(of: complaint, in: folder), as: UTF8.self) : nil
                )
            )
        }
        self.entries = entries
    }

    private static func contents(
        of name: FileName,
        in folder: borrowing Descriptor
    ) throws(SystemError) -> [UInt8] {
        try folder.open(name, .read).readAll(limit: 1 << 21)
    }
}
