import Testing

@testable import ExtBackupKit

@Suite("A line of a file with a caret")
struct MarkedLineTests {
    private func lines(_ text: String, _ line: Int, _ column: Int) -> [String]? {
        MarkedLine(at: .init(line: line, column: column), of: Array(text.utf8))?.lines
    }

    @Test(
        "is the line as it is, on one line of the terminal, with the caret below the place",
        arguments: [
            ("a = 1\nb = 2\n", 2, 5, ["b = 2", "    ^"]),
            ("a = 1", 1, 1, ["a = 1", "^"]),
            ("a = 1\r\n", 1, 6, ["a = 1", "     ^"]),  // behind the end: what is missing there
            ("a = 1", 1, 99, ["a = 1", "     ^"]),
            ("\ta = 1", 1, 2, [" a = 1", " ^"]),
            ("漢 = x", 1, 5, ["漢 = x", "     ^"]),
            ("a\u{1b}b", 1, 3, ["a\\x1bb", "     ^"]),
            ("# comment", 1, 1, ["# comment", "^"]),
        ] as [(String, Int, Int, [String])]
    )
    func marked(text: String, line: Int, column: Int, expected: [String]) {
        #expect(lines(text, line, column) == expected)
    }

    @Test(
        "is none where there is nothing to see",
        arguments: [
            ("", 1, 1), ("\n\n", 2, 1), ("a", 2, 1), ("a", 0, 1), ("  \t", 1, 2),
        ] as [(String, Int, Int)]
    )
    func nothing(text: String, line: Int, column: Int) {
        #expect(lines(text, line, column) == nil)
    }

    @Test("of a long one shows the part around the caret", arguments: [1, 40, 73, 150, 299, 300, 400])
    func long(column: Int) throws {
        let text = String((1...300).map { Character("\($0 % 10)") })
        let found = try #require(lines(text, 1, column))
        #expect(found[0].count <= 74)
        #expect(found[1].count <= 75)
        let place = min(column, 301)
        let caret = found[1].count - 1
        let marked = Array(found[0] + " ")[caret]
        #expect(marked == (place <= 300 ? Character("\(place % 10)") : " "))
        #expect(found[0].hasPrefix("…") == (column > 49))
        #expect(found[0].hasSuffix("…") == (column < 250))
    }
}
