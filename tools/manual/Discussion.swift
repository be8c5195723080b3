/// The longer text of a help, in parts: paragraphs, tables and headings as people see them there.
struct Discussion {
    /// A part of it.
    enum Block: Equatable {
        /// Lines that are filled.
        case paragraph(String)
        /// Lines that begin with blanks: they stay as they are.
        case table([String])
    }

    /// Blocks under a heading; the first section has none.
    struct Section {
        let heading: String?
        var blocks: [Block] = []
    }

    private(set) var sections = [Section(heading: nil)]

    init(_ text: String) {
        for paragraph in text.split(separator: "\n\n") {
            var lines = paragraph.split(separator: "\n").map(String.init)
            if let first = lines.first, Self.isHeading(first) {
                sections.append(Section(heading: first))
                lines.removeFirst()
            }
            while let first = lines.first {
                let isTable = Self.isTableRow(first)
                let part = lines.prefix { Self.isTableRow($0) == isTable }
                lines.removeFirst(part.count)
                let block = isTable ? Block.table(Array(part)) : .paragraph(part.joined(separator: " "))
                sections[sections.count - 1].blocks.append(block)
            }
        }
    }

    /// The blocks under a heading.
    func blocks(under heading: String?) -> [Block]? {
        sections.first { $0.heading == heading }?.blocks
    }

    /// `EXIT STATUS`
    private static func isHeading(_ line: String) -> Bool {
        line.contains { $0.isLetter } && line.allSatisfy { $0.isUppercase || $0 == " " }
            && !isTableRow(line)
    }

    private static func isTableRow(_ line: String) -> Bool { line.hasPrefix("  ") }
}
