import Fuzzing
import LinuxSystem
import Testing

@testable import Copying

/// A tree in memory, whose folders may hold rules.
private struct Branch {
    var name: String
    var inside: [Branch]?
    var ignoreFile: String?

    var isDirectory: Bool { inside != nil }

    var item: Item {
        guard let inside else { return .file(FileName(name), name) }
        let rules = ignoreFile.map { [Item.file(IgnoreFile.name, $0)] } ?? []
        return .folder(FileName(name), inside.map(\.item) + rules)
    }

    /// What is carried of it, without the files that hold rules.
    func carried(_ selection: EntrySelection) -> Set<String> {
        var found: Set<String> = []
        var stack = FilterStack(selection)
        walk("", &stack, &found)
        return found
    }

    private func walk(_ path: String, _ stack: inout FilterStack, _ found: inout Set<String>) {
        stack.enter(pathLength: path.utf8.count, FolderMarks(ignoreFile: ignoreFile.map { Array($0.utf8) }))
        for branch in inside ?? [] {
            let below = path + branch.name
            if stack.excludes(Array(below.utf8), isDirectory: branch.isDirectory) { continue }
            found.insert(branch.isDirectory ? below + "/" : below)
            if branch.isDirectory { branch.walk(below + "/", &stack, &found) }
        }
        stack.leave()
    }
}

@Suite("Rules in folders")
struct FilterStackTests {
    private static let obeying = EntrySelection(ignoreFiles: .obeyed)

    /// A folder's rules: its path with a slash behind it, and what its file says.
    private struct Rules: Sendable {
        var folder: String
        var text: String
    }

    private static func excludes(_ path: String, _ rules: [Rules], _ selection: EntrySelection = obeying)
        -> Bool
    {
        var stack = FilterStack(selection)
        let isDirectory = path.hasSuffix("/")
        let bytes = Array((isDirectory ? String(path.dropLast()) : path).utf8)
        var folders = [""]
        for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "/") {
            folders.append(String(decoding: bytes[...index], as: UTF8.self))
        }
        for folder in folders {
            let text = rules.first { $0.folder == folder }?.text
            stack.enter(pathLength: folder.utf8.count, FolderMarks(ignoreFile: text.map { Array($0.utf8) }))
        }
        return stack.excludes(bytes, isDirectory: isDirectory)
    }

    @Test(
        "hold in their folder and below",
        arguments: [
            ("d/", "x", "d/x", true),
            ("d/", "x", "d/e/x", true),
            ("d/", "x", "x", false),  // not above
            ("d/", "/x", "d/x", true),  // a slash in front anchors here
            ("d/", "/x", "d/e/x", false),
            ("d/", "/e/x", "d/e/x", true),
            ("d/", "/e/*", "d/e/x", true),
            ("d/", "/*", "d/x", true),
            ("d/", "/*", "d/e/x", false),
            ("d/", "/**", "d/e/x", true),
            ("d/", "/e/***", "d/e/", true),
            ("[d]/", "/x", "[d]/x", true),  // the folder's own name is no pattern
            ("d/", "e/x", "d/e/x", true),
            ("d/", "d/x", "d/x", true),  // as in rsync, the path's last parts may reach above
            ("d/", "x/", "d/x", false),
            ("d/", "x/", "d/x/", true),
            ("", "/d/x", "d/x", true),
        ] as [(String, String, String, Bool)]
    )
    func place(folder: String, text: String, path: String, expected: Bool) {
        #expect(Self.excludes(path, [Rules(folder: folder, text: text)]) == expected)
    }

    @Test(
        "are read as rsync reads a file of patterns",
        arguments: [
            ("# x\n; x\n\n", false),
            ("x", true),  // no line feed at the end
            ("x\r\n", true),
            ("x\ry\r", true),
            (" x\n", false),  // a blank belongs to the pattern
            (" # x\nx\n", true),
            ("- x\n", true),
            ("+ x\nx\n", false),
            ("x\n+ x\n", true),
            ("x\n!\n", false),  // all before is dropped
            ("!\nx\n", true),
            ("x\n!!\n", true),  // two are a pattern
        ] as [(String, Bool)]
    )
    func reading(text: String, expected: Bool) {
        #expect(Self.excludes("x", [Rules(folder: "", text: text)]) == expected)
    }

    @Test("of an inner folder win over those of an outer one")
    func order() {
        let outer = Rules(folder: "", text: "x\n")
        #expect(!Self.excludes("d/x", [outer, Rules(folder: "d/", text: "+ x\n")]))
        #expect(Self.excludes("d/x", [outer, Rules(folder: "d/", text: "y\n")]))
        #expect(!Self.excludes("d/x", [outer, Rules(folder: "d/", text: "!\n")]))
        #expect(!Self.excludes("d/e/x", [outer, Rules(folder: "d/", text: "!\n")]))
        #expect(
            Self.excludes(
                "d/e/x",
                [outer, Rules(folder: "d/", text: "!\n"), Rules(folder: "d/e/", text: "x")]
            )
        )
    }

    @Test("end with their folder")
    func leaving() {
        var stack = FilterStack(Self.obeying)
        stack.enter(pathLength: 0, .none)
        stack.enter(pathLength: 2, FolderMarks(ignoreFile: Array("x\n!\nx".utf8)))
        stack.enter(pathLength: 4, .none)
        stack.leave()
        #expect(stack.excludes(Array("d/x".utf8), isDirectory: false))
        stack.leave()
        #expect(!stack.excludes(Array("x".utf8), isDirectory: false))
    }

    @Test("bring nothing back that the caller's rules leave out, and hide nothing that these include")
    func callersRules() throws {
        var selection = Self.obeying
        selection.reserved = try FilterRules(excluding: ["/keys/***"])
        selection.rules = try FilterRules(excluding: ["+ letter", "*.tmp", "+ /keys/***"])
        let rules = [Rules(folder: "", text: "!\n+ *\n"), Rules(folder: "d/", text: "!\nletter\nphoto\n")]
        #expect(Self.excludes("keys/", rules, selection))
        #expect(Self.excludes("keys/a", rules, selection))
        #expect(Self.excludes("a.tmp", rules, selection))
        #expect(!Self.excludes("d/letter", rules, selection))
        #expect(Self.excludes("d/photo", rules, selection))
    }

    @Test("that cannot be used exclude nothing, and forbid deletions there and below")
    func unusable() throws {
        var stack = FilterStack(Self.obeying)
        stack.enter(pathLength: 0, FolderMarks(ignoreFile: Array("x".utf8)))
        let broken = FolderMarks(ignoreFile: Array("y\n\n- \n".utf8))
        let error = try #require(broken.mistake)
        #expect(error == .wrong(ExcludeFileError(line: 3, problem: .noPattern(FilterRuleError(rule: "- ")))))
        #expect("\(error)" == "line 3: the filter rule '- ' has no pattern")
        #expect(!stack.forbidsDeletions)
        stack.enter(pathLength: 2, broken)
        #expect(!stack.excludes(Array("d/y".utf8), isDirectory: false))
        #expect(stack.excludes(Array("d/x".utf8), isDirectory: false))
        stack.enter(pathLength: 4, .none)
        #expect(stack.forbidsDeletions)
        stack.leave()
        stack.leave()
        #expect(!stack.forbidsDeletions)
    }

    @Test("may take 64 KiB")
    func size() {
        let most = [UInt8](repeating: UInt8(ascii: "#"), count: 65536)
        #expect(FolderMarks(ignoreFile: most).mistake == nil)
        #expect(FolderMarks(ignoreFile: most + [0x23]).mistake == .tooLarge)
    }

    @Test("carry what rsync carries", arguments: 0..<400)
    func random(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        let home = try TemporaryFolder(in: "/dev/shm")
        let root = Branch(
            name: "source",
            inside: Self.tree(&dice, depth: 4),
            ignoreFile: Self.rules(&dice)
        )
        try home.folder.make([root.item])
        let patterns = (0..<dice.number(0...2)).map { _ in FileName(Self.rule(&dice)) }
        var selection = Self.obeying
        selection.rules = try FilterRules(excluding: patterns)
        let listed = try run(
            ["/usr/bin/rsync", "-rn", "--out-format=%n"]
                + patterns.map { FileName(bytes: "--exclude=".utf8 + $0.bytes) }
                + [
                    "--filter=: .extbackupignore", FileName(home.path + "/source/"),
                    FileName(home.path + "/nowhere/"),
                ]
        )
        let theirs = listed.split(separator: "\n").map(String.init).filter {
            $0 != "./" && !$0.hasSuffix(".extbackupignore") && !$0.hasPrefix("created directory")
        }
        #expect(root.carried(selection) == Set(theirs), "seed \(seed) \(patterns) \(root)")
    }

    private static func tree(_ dice: inout Dice, depth: Int) -> [Branch] {
        // rsync takes the name of a folder with rules as a part of its anchored patterns: none is a pattern here.
        let names = ["a", "b", "ab", "a.o", "b.c", "foo", "a-b", "B7"]
        let files = ["[x]", "a*b", "]", "a\\b", "-"]
        return (names + files).filter { _ in dice.number(0...2) == 0 }.map { name in
            if depth == 0 || files.contains(name) || dice.number(0...1) == 0 { return Branch(name: name) }
            let rules = dice.number(0...2) == 0 ? Self.rules(&dice) : nil
            return Branch(name: name, inside: tree(&dice, depth: depth - 1), ignoreFile: rules)
        }
    }

    /// A file that is right as rules of rsync's `--filter` and as a file of patterns.
    private static func rules(_ dice: inout Dice) -> String {
        let ends = ["\n", "\n", "\n", "\r\n", "\n\n", "\n# a\n", "\n;b\n"]
        return (0..<dice.number(0...4)).map { _ in
            (dice.number(0...4) == 0 ? "!" : rule(&dice)) + dice.pick(ends)
        }.joined()
    }

    private static func rule(_ dice: inout Dice) -> String {
        let parts = [
            "a", "b", "ab", "foo", "*", "**", "**/", "***", "?", "/", "/", "/", ".o", ".c", "a*", "*b", "x",
            "[ab]", "[!a]", "[a-f]", "[[:upper:]0-9]", "[]-]", "\\*", "\\[", "\\b", "[",
        ]
        let body = (0..<dice.number(1...4)).map { _ in dice.pick(parts) }.joined()
        return dice.pick(["- ", "- ", "+ "]) + dice.pick(["", "/", "/", "**/"]) + body
            + (dice.number(0...4) == 0 ? "/" : "")
    }
}
