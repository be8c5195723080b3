import Fuzzing
import LinuxSystem
import Testing

@testable import Copying

@Suite("Filter rules")
struct FilterTests {
    @Test(
        "match as rsync's manual says",
        arguments: [
            ("foo", "a/foo", false, true),  // a name at any depth
            ("foo", "a/foobar", false, false),  // the whole name
            ("/foo", "foo", false, true),  // anchored at the root
            ("/foo", "a/foo", false, false),
            ("foo/", "foo", true, true),  // folders only
            ("foo/", "foo", false, false),
            ("*.o", "a/b.o", false, true),
            ("a/*.o", "x/a/b.o", false, true),  // the path's last parts
            ("a/*.o", "a/x/b.o", false, false),  // a star stays in its name
            ("a/**.o", "a/x/b.o", false, true),  // two stars cross
            ("/foo/**/bar", "foo/bar", false, false),
            ("/foo/**/bar", "foo/x/y/bar", false, true),
            ("**/foo", "foo", false, true),  // two stars in front match at the root
            ("foo/***", "foo", true, true),  // the folder and all in it
            ("foo/***", "foo", false, false),
            ("foo/***", "a/foo/x/y", false, true),
            ("a?c", "abc", false, true),
            ("/a?c", "a/c", false, false),  // a question mark is no slash
            ("[a-c]x", "bx", false, true),
            ("[^a-c]x", "bx", false, false),
            ("[[:digit:]]", "7", false, true),
            ("[]x]", "]", false, true),  // a bracket in the first place
            ("[a\\]]", "]", false, true),
            ("a[", "a[", false, false),  // no end: matches nothing
            ("a\\b", "a\\b", false, true),  // without a wildcard a backslash is itself
            ("a\\b*", "abc", false, true),  // with one it escapes
            ("\\*x*", "*xy", false, true),
        ] as [(String, String, Bool, Bool)]
    )
    func matching(pattern: String, path: String, isDirectory: Bool, expected: Bool) throws {
        let rules = try FilterRules(excluding: [FileName(pattern)])
        #expect(rules.excludes(Array(path.utf8), isDirectory: isDirectory) == expected)
    }

    @Test("the first that matches wins")
    func order() throws {
        let rules = try FilterRules(excluding: ["+ *.c", "- *"])
        #expect(!rules.excludes(Array("a.c".utf8), isDirectory: false))
        #expect(rules.excludes(Array("a.h".utf8), isDirectory: false))
    }

    @Test("are dropped by an exclamation mark")
    func clearing() throws {
        let rules = try FilterRules(excluding: ["a", "!", "b"])
        #expect(!rules.excludes(Array("a".utf8), isDirectory: false))
        #expect(rules.excludes(Array("b".utf8), isDirectory: false))
    }

    @Test("without a pattern are refused")
    func empty() {
        #expect(throws: FilterRuleError(rule: "+ ")) { try FilterRules(excluding: ["+ "]) }
    }

    @Test("carry and protect what rsync carries and protects", arguments: 0..<50)
    func random(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        let home = try TemporaryFolder(in: "/dev/shm")
        let source = try home.makeFolder("source")
        let ours = try home.makeFolder("ours")
        let theirs = try home.makeFolder("theirs")
        try source.make(Self.tree(&dice, depth: 3))
        let old = Self.tree(&dice, depth: 3)
        try ours.make(old)
        try theirs.make(old)
        let patterns = (0..<dice.number(1...4)).map { _ in FileName(Self.pattern(&dice)) }
        let text = "seed \(seed) \(patterns)"
        let outcome = try copy(source, to: ours, excluding: patterns).outcome
        _ = try? rsync(
            source,
            theirs,
            ["-aHAXS"] + patterns.map { FileName(bytes: "--exclude=".utf8 + $0.bytes) }
        )
        let facts = try TreeFacts(theirs).names
        // rsync deletes what it can of a folder that it then cannot replace; we leave such a folder whole.
        if outcome.skipped.listed.contains(where: { $0.reason == .holdsExcluded }) { return }
        #expect(try TreeFacts(ours).names == facts, "\(text)")
    }

    private static func tree(_ dice: inout Dice, depth: Int) -> [Item] {
        let names = ["a", "b", "ab", "a.o", "b.c", "foo", "[x]", "a*b", "]", "-", "B7"]
        return names.filter { _ in dice.number(0...2) == 0 }.map { name in
            depth > 0 && dice.number(0...1) == 0
                ? .folder(FileName(name), tree(&dice, depth: depth - 1)) : .file(FileName(name), name)
        }
    }

    private static func pattern(_ dice: inout Dice) -> String {
        let parts = [
            "a", "b", "foo", "*", "**", "***", "?", "/", "/", ".o", ".c", "[ab]", "[!a]", "[^b]", "[a-f]",
            "[[:alpha:]]", "[[:upper:]0-9]", "[]-]", "\\*", "\\[", "[", "a*", "*b", "x",
        ]
        let prefix = ["", "", "", "+ ", "- ", "/"][dice.number(0...5)]
        let body = (0..<dice.number(1...5)).map { _ in parts[dice.number(0...(parts.count - 1))] }.joined()
        return prefix + body + (dice.number(0...3) == 0 ? "/" : "")
    }
}
