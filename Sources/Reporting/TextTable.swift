/// Rows under headings, in columns that are as wide as what stands in them.
///
/// Where the lines would be too long for a terminal, columns that may be left out go first, those on the right before
/// those on the left; then columns that may be cut are cut. Cells are escaped: one row is one line, whatever it says.
public struct TextTable: Sendable {
    /// One column.
    public struct Column: Hashable, Sendable {
        /// To which side its cells are moved.
        public enum Alignment: Hashable, Sendable {
            /// Texts.
            case leading
            /// Numbers.
            case trailing
        }

        /// What becomes of it where there is too little room.
        public enum Narrowing: Hashable, Sendable {
            /// It stays as it is.
            case stays
            /// Its longest cells lose their ends.
            case isCut
            /// It is left out.
            case isLeftOut
        }

        let heading: String
        let alignment: Alignment
        let narrowing: Narrowing

        /// Describes a column.
        public init(_ heading: String, _ alignment: Alignment = .leading, _ narrowing: Narrowing = .stays) {
            self.heading = heading
            self.alignment = alignment
            self.narrowing = narrowing
        }
    }

    private static let gap = "  "
    /// What is cut keeps at least so many terminal columns.
    private static let leastWidth = 6

    private let columns: [Column]
    private var rows: [[String]] = []

    /// A table without rows.
    public init(_ columns: [Column]) {
        self.columns = columns
    }

    /// Adds a row with a cell for every column.
    public mutating func append(_ cells: [String]) {
        precondition(cells.count == columns.count, "a row has a cell for every column")
        rows.append(cells.map { SingleLine.escape($0) })
    }

    /// The headings and the rows.
    ///
    /// - Parameter width: how many columns the terminal has; nil when there is none, and nothing is left out.
    public func lines(width: Int?) -> [String] {
        var widths = columns.indices.map { column in
            ([columns[column].heading] + rows.map { $0[column] }).reduce(0) {
                max($0, TextLayout.columns($1))
            }
        }
        var shown = Array(columns.indices)
        if let width { narrow(&shown, &widths, to: width) }
        return ([columns.map(\.heading)] + rows).map { cells in
            Self.withoutTrailingBlanks(
                shown.map { Self.cell(cells[$0], columns[$0].alignment, width: widths[$0]) }
                    .joined(separator: Self.gap)
            )
        }
    }

    private func narrow(_ shown: inout [Int], _ widths: inout [Int], to width: Int) {
        func excess() -> Int {
            shown.reduce(0) { $0 + widths[$1] } + (shown.count - 1) * Self.gap.count - width
        }
        while excess() > 0, let last = shown.lastIndex(where: { columns[$0].narrowing == .isLeftOut }) {
            shown.remove(at: last)
        }
        for column in shown where columns[column].narrowing == .isCut && excess() > 0 {
            widths[column] = max(min(Self.leastWidth, widths[column]), widths[column] - excess())
        }
    }

    private static func cell(_ text: String, _ alignment: Column.Alignment, width: Int) -> String {
        let text = cut(text, to: width)
        let blanks = String(repeating: " ", count: width - TextLayout.columns(text))
        return switch alignment {
        case .leading: text + blanks
        case .trailing: blanks + text
        }
    }

    private static func cut(_ text: String, to width: Int) -> String {
        if TextLayout.columns(text) <= width { return text }
        var room = width - 1
        let start = text.prefix { character in
            room -= TextLayout.columns(String(character))
            return room >= 0
        }
        return String(start) + "…"
    }

    private static func withoutTrailingBlanks(_ line: String) -> String {
        var line = line
        while line.last == " " { line.removeLast() }
        return line
    }
}
