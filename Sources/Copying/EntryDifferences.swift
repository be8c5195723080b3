/// What differs between an entry and its copy, a word for each letter of rsync's `--itemize-changes`.
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
}
