internal import LinuxSystem

/// Large files are written under a name that the next run finds again, so that an interrupted copy goes on
/// where it ended: in the folder where the file will be, hidden, and named after the state of the source.
///
/// Nothing that such a file holds is believed: after a lost connection its end may be anything. The next run
/// reads the source for its hash in any case, compares block by block, and writes what differs or is missing
/// (`ContentCopier.patch` with `.compared`). A source that changed has another name, and what lies under the old
/// one is removed as any leftover is.
enum PartialFile {
    /// Files from this size on, in bytes, are worth going on with.
    static let minimumSize: Int64 = 64 << 20

    private static let prefix = Array(".extbackup-part-".utf8)
    private static let digitCount = 16

    /// True for a file that is written under such a name.
    static func isMade(for source: EntryStatus) -> Bool {
        source.kind == .file && source.size >= minimumSize
    }

    /// The name for the contents that the source has now.
    static func name(for source: EntryStatus) -> FileName {
        var hasher = ContentHasher(nil)
        let parts = [
            source.inode, UInt64(bitPattern: source.size), UInt64(bitPattern: source.modified.seconds),
            UInt64(source.modified.nanoseconds),
        ].map(\.littleEndian)
        parts.withUnsafeBytes { hasher.update($0) }
        return FileName(bytes: prefix + hasher.hash.description.utf8.prefix(digitCount))
    }

    /// True for every name that `name(for:)` can give.
    static func matches(_ name: FileName) -> Bool {
        name.bytes.count == prefix.count + digitCount && name.bytes.starts(with: prefix)
            && name.bytes.dropFirst(prefix.count).allSatisfy { "0123456789abcdef".utf8.contains($0) }
    }
}
