public import Copying
import LinuxSystem

/// One line of `--itemize`: a change in the form of rsync's `--itemize-changes`.
public struct ItemizedChange: Sendable {
    private let change: PlannedChange

    /// Describes a change.
    public init(_ change: PlannedChange) {
        self.change = change
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
        case .metadata: "." + kind + change.differences.letters
        case .link: "h" + kind + (change.replacesEqual ? "         " : letters)
        // rsync has no letter for it: it copies what was moved.
        case .move: "m" + kind + "........."
        case .removal, .leftover: "*deleting  "
        }
    }

    private var letters: String {
        var shown = change.differences
        // Something of another kind is in the way: rsync shows what comes in its place as new.
        if shown.isEmpty { return "+++++++++" }
        // As with rsync, the letter of a file says that it was read and compared.
        if change.entry == .file && !shown.isDisjoint(with: [.size, .time]) { shown.remove(.contents) }
        return shown.letters
    }

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

extension Differences {
    /// Their letters in rsync's order; the eighth, its `u`, stands for access times, which are not copied.
    fileprivate var letters: String {
        let columns: [(Differences, Character)] = [
            (.contents, "c"), (.size, "s"), (.time, "t"), (.permissions, "p"), (.owner, "o"), (.group, "g"),
            ([], "u"), (.accessLists, "a"), (.attributes, "x"),
        ]
        return String(columns.map { isDisjoint(with: $0.0) ? "." : $0.1 })
    }
}
