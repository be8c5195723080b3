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
