import Testing

@testable import Reporting

@Suite("A table")
struct TextTableTests {
    private func table(_ rows: [[String]]) -> TextTable {
        var table = TextTable([
            .init("RUN", .trailing), .init("DRIVE", .leading, .isCut), .init("FILES", .trailing, .isLeftOut),
            .init("NOTE", .leading, .isLeftOut),
        ])
        for row in rows { table.append(row) }
        return table
    }

    private static let rows = [["9", "red", "1 234", ""], ["10", "a-long-name", "7", "held"]]

    @Test("is as wide as what stands in it, with nothing behind a line's last word")
    func whole() {
        #expect(
            table(Self.rows).lines(width: nil) == [
                "RUN  DRIVE        FILES  NOTE",
                "  9  red          1 234",
                " 10  a-long-name      7  held",
            ]
        )
        #expect(table([]).lines(width: nil) == ["RUN  DRIVE  FILES  NOTE"])
    }

    @Test(
        "fits the terminal: columns on the right go first, then one is cut, and what must stay stays",
        arguments: [
            (29, " 10  a-long-name      7  held"),
            (28, " 10  a-long-name      7"),
            (22, " 10  a-long-name"),
            (15, " 10  a-long-na…"),
            (11, " 10  a-lon…"),
            (3, " 10  a-lon…"),
        ] as [(Int, String)]
    )
    func narrow(width: Int, last: String) {
        let lines = table(Self.rows).lines(width: width)
        #expect(lines.last == last)
        #expect(lines.count == 3)
        if width >= 11 { #expect(lines.allSatisfy { $0.count <= width }) }
    }

    @Test("counts columns of the terminal, not characters, and keeps a row on one line")
    func escaping() {
        let lines = table([["1", "漢字", "2", "a\u{1b}[31m\nb"], ["2", "abcd", "3", "x"]]).lines(width: nil)
        #expect(lines[1] == "  1  漢字       2  a\\x1b[31m\\nb")
        #expect(lines[2] == "  2  abcd       3  x")
        #expect(table([["1", "漢字漢字漢字", "2", "x"]]).lines(width: 12).last == "  1  漢字漢…")
    }
}
