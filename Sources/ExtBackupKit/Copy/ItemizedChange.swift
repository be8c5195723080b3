public import Copying
import LinuxSystem

/// What differs between an entry and its copy, for `--itemize`.
public struct EntryDifferences: OptionSet, Hashable, Sendable {
    /// The bits.
    public let rawValue: UInt16
    /// Takes bits.
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// The contents, of which something else than size and time tells; a symbolic link's target.
    public static var contents: EntryDifferences { EntryDifferences(rawValue: 1 << 0) }
    /// The size.
    public static var size: EntryDifferences { EntryDifferences(rawValue: 1 << 1) }
    /// The time of the last change of contents.
    public static var time: EntryDifferences { EntryDifferences(rawValue: 1 << 2) }
    /// The mode.
    public static var permissions: EntryDifferences { EntryDifferences(rawValue: 1 << 3) }
    /// The owner.
    public static var owner: EntryDifferences { EntryDifferences(rawValue: 1 << 4) }
    /// The owning group.
    public static var group: EntryDifferences { EntryDifferences(rawValue: 1 << 5) }
    /// An access control list.
    public static var acl: EntryDifferences { EntryDifferences(rawValue: 1 << 6) }
    /// Another extended attribute.
    public static var attributes: EntryDifferences { EntryDifferences(rawValue: 1 << 7) }

    /// Their letters in rsync's order; the eighth, its `u`, stands for access times, which are not copied.
    fileprivate var letters: String {
        let columns: [(EntryDifferences, Character)] = [
            (.contents, "c"), (.size, "s"), (.time, "t"), (.permissions, "p"), (.owner, "o"), (.group, "g"),
            ([], "u"), (.acl, "a"), (.attributes, "x"),
        ]
        return String(columns.map { isDisjoint(with: $0.0) ? "." : $0.1 })
    }
}

/// One line of `--itemize`: a change in the form of rsync's `--itemize-changes`.
public struct ItemizedChange: Sendable {
    private let change: PlannedChange
    private let differences: EntryDifferences?

    /// Describes a change.
    ///
    /// - Parameter differences: what differs; nil when it is not known, which shows as question marks, as rsync's do.
    public init(_ change: PlannedChange, differences: EntryDifferences? = nil) {
        self.change = change
        self.differences = differences
    }

    /// The line without its end: eleven characters, a space, and the path, with a slash behind a folder's.
    public var bytes: [UInt8] {
        var line = Array((code + " ").utf8)
        line += change.path.isEmpty ? Array(".".utf8) : EscapedName(change.path).bytes
        if change.entry == .directory { line.append(UInt8(ascii: "/")) }
        return line
    }

    private var code: String {
        switch change.kind {
        case .new: (change.entry == .file ? ">" : "c") + kind + "+++++++++"
        case .contents: (change.entry == .file ? ">" : "c") + kind + letters
        case .metadata: "." + kind + letters
        case .link: "h" + kind + "+++++++++"
        case .removal, .leftover: "*deleting  "
        }
    }

    private var letters: String { differences?.letters ?? "?????????" }

    private var kind: String {
        switch change.entry {
        case .file: "f"
        case .directory: "d"
        case .symbolicLink: "L"
        case .fifo, .socket: "S"
        case .characterDevice, .blockDevice: "D"
        }
    }
}

/// A name on one line of output that can be read back: as rsync prints it where text is UTF-8.
///
/// Bytes that are no UTF-8 and characters that move the cursor, reorder or hide text become `\#ooo` (three octal
/// digits for each byte), and so does the backslash of a name that holds such a sequence itself. All else, a tab
/// too, is printed as it is.
struct EscapedName {
    let bytes: [UInt8]

    init(_ name: FileName) {
        var result: [UInt8] = []
        result.reserveCapacity(name.bytes.count)
        var rest = name.bytes[...]
        while let first = rest.first {
            let length = Self.plainLength(rest)
            if length > 0 {
                result += rest.prefix(length)
                rest = rest.dropFirst(length)
            } else {
                result += [
                    UInt8(ascii: "\\"), UInt8(ascii: "#"), Self.digit(first >> 6), Self.digit(first >> 3),
                    Self.digit(first),
                ]
                rest = rest.dropFirst()
            }
        }
        bytes = result
    }

    /// The name as text.
    var text: String { String(decoding: bytes, as: UTF8.self) }

    private static func digit(_ value: UInt8) -> UInt8 { UInt8(ascii: "0") + value & 7 }

    /// How many bytes in front are printed as they are: 0 when the first must be escaped.
    private static func plainLength(_ bytes: ArraySlice<UInt8>) -> Int {
        guard let first = bytes.first else { return 0 }
        if first < 0x80 {
            if first == UInt8(ascii: "\\") { return looksEscaped(bytes) ? 0 : 1 }
            return first == UInt8(ascii: "\t") || (first >= 0x20 && first != 0x7f) ? 1 : 0
        }
        var decoder = UTF8()
        var iterator = bytes.prefix(4).makeIterator()
        guard case .scalarValue(let scalar) = decoder.decode(&iterator) else { return 0 }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
            return 0
        default: return UTF8.width(scalar)
        }
    }

    private static func looksEscaped(_ bytes: ArraySlice<UInt8>) -> Bool {
        let next = Array(bytes.dropFirst().prefix(4))
        return next.count == 4 && next[0] == UInt8(ascii: "#")
            && next[1...].allSatisfy { (0x30...0x39).contains($0) }
    }
}
