import Reporting

/// A line of a file, and a caret below the place that is meant.
struct MarkedLine {
    /// So many columns of a terminal it takes at most, without what marks a cut.
    private static let width = 72

    /// Both lines; none of them has a control character.
    let lines: [String]

    /// Takes the line out of a file's bytes. Nil when there is nothing to see in it: it is blank, or no line of the file.
    init?(at position: TOMLDocument.Position, of bytes: [UInt8]) {
        let all = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard all.indices.contains(position.line - 1) else { return nil }
        let text = String(decoding: all[position.line - 1], as: UTF8.self)
        if text.allSatisfy(\.isWhitespace) { return nil }
        let pieces = text.unicodeScalars.filter { $0 != "\r" }.map {
            $0 == "\t" ? " " : SingleLine.escape(String($0))
        }
        let caret = min(max(0, position.column - 1), pieces.count)
        lines = Self.mark(pieces, at: caret)
    }

    /// As much of the line as fits, with what stands before the caret rather than what stands behind it.
    private static func mark(_ pieces: [String], at caret: Int) -> [String] {
        var start = 0
        var before = pieces[..<caret].reduce(0) { $0 + TextLayout.columns($1) }
        while before > width * 2 / 3 {
            before -= TextLayout.columns(pieces[start])
            start += 1
        }
        var end = start
        var room = width
        while end < pieces.count, TextLayout.columns(pieces[end]) <= room {
            room -= TextLayout.columns(pieces[end])
            end += 1
        }
        let front = start > 0 ? "…" : ""
        let back = end < pieces.count ? "…" : ""
        return [
            front + pieces[start..<end].joined() + back,
            String(repeating: " ", count: front.count + before) + "^",
        ]
    }
}
