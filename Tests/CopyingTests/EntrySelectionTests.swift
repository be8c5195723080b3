import LinuxSystem
import SystemPackage
import Testing

@testable import Copying

@Suite("A selection of entries")
struct EntrySelectionTests {
    private static let tag = "Signature: 8a477f597d28d172789f06886806bc55"
    private static let everything = EntrySelection(ignoreFiles: .obeyed, taggedCaches: .leftEmpty)

    @Test(
        "knows a cache by its tag's first 43 bytes",
        arguments: [
            (tag, true), (tag + "\n# made by a test\n", true), (tag + "x", true),
            (String(tag.dropLast()), false), ("", false), (" " + tag, false), (tag.uppercased(), false),
        ]
    )
    func tags(text: String, expected: Bool) {
        #expect(CacheTag.signatureLength == 43)
        #expect(CacheTag.isValid(Array(text.utf8)) == expected)
        #expect(FolderMarks(cacheTag: Array(text.utf8)).isLeftEmpty == expected)
    }

    @Test("carries of a tagged cache the folder and its tag")
    func caches() throws {
        var selection = Self.everything
        selection.rules = try FilterRules(excluding: ["+ important"])
        var stack = FilterStack(selection)
        stack.enter(pathLength: 0, .none)
        #expect(!stack.excludes(Array("cache".utf8), isDirectory: true))
        stack.enter(pathLength: 6, FolderMarks(cacheTag: Array(Self.tag.utf8)))
        #expect(!stack.excludes(Array("cache/CACHEDIR.TAG".utf8), isDirectory: false))
        #expect(stack.excludes(Array("cache/CACHEDIR.TAG2".utf8), isDirectory: false))
        #expect(stack.excludes(Array("cache/x".utf8), isDirectory: false))
        #expect(stack.excludes(Array("cache/x".utf8), isDirectory: true))
        #expect(stack.excludes(Array("cache/important".utf8), isDirectory: false))
        stack.leave()
        #expect(!stack.excludes(Array("x".utf8), isDirectory: false))
    }

    @Test(
        "takes files of sizes within its limits, the limits among them",
        arguments: [
            (0, Int64.max, 0, true), (0, Int64.max, Int64.max, true),
            (10, 20, 9, false), (10, 20, 10, true), (10, 20, 20, true), (10, 20, 21, false),
        ] as [(Int64, Int64, Int64, Bool)]
    )
    func sizes(minimum: Int64, maximum: Int64, size: Int64, expected: Bool) {
        #expect(SizeLimits(minimum: minimum, maximum: maximum).isWithin(size) == expected)
    }

    @Test("carries every name only when nothing could leave one out")
    func everyName() throws {
        #expect(EntrySelection().carriesEveryName)
        #expect(EntrySelection(sizes: SizeLimits(maximum: 1)).carriesEveryName)
        let rules = try FilterRules(excluding: ["a"])
        #expect(!EntrySelection(reserved: rules).carriesEveryName)
        #expect(!EntrySelection(rules: rules).carriesEveryName)
        #expect(!EntrySelection(ignoreFiles: .obeyed).carriesEveryName)
        #expect(!EntrySelection(taggedCaches: .leftEmpty).carriesEveryName)
    }

    // MARK: - Reading

    @Test("asks for the files that it obeys alone")
    func names() {
        #expect(Self.everything.isMark(".extbackupignore") && Self.everything.isMark("CACHEDIR.TAG"))
        #expect(!Self.everything.isMark("x") && !EntrySelection().isMark(".extbackupignore"))
        #expect(!EntrySelection().isMark("CACHEDIR.TAG"))
    }

    @Test("reads both files of a folder, or neither")
    func reading() throws {
        let home = try TemporaryFolder()
        let tag = Self.tag + String(repeating: "x", count: 200_000)
        try home.folder.make([.file(".extbackupignore", "x\n"), .file("CACHEDIR.TAG", tag)])
        let marks = Self.everything.marks(in: home.folder)
        let file = try #require(marks.ignoreFile)
        #expect(file.rules.excludes(Array("x".utf8), isDirectory: false))
        #expect(marks.isLeftEmpty)
        let none = EntrySelection().marks(in: home.folder)
        #expect(none.ignoreFile == nil && none.mistake == nil)
        #expect(!none.isLeftEmpty)
        try home.folder.createDirectory("empty")
        let empty = Self.everything.marks(in: try home.folder.open("empty", .directory))
        #expect(empty.ignoreFile == nil && empty.mistake == nil)
        #expect(!empty.isLeftEmpty)
    }

    @Test(
        "names rules that cannot be used",
        arguments: [
            (.symbolicLink(".extbackupignore", to: "/etc/hostname"), .notRegular),
            (.folder(".extbackupignore"), .notRegular),
            (.node(".extbackupignore", .fifo), .notRegular),
            (.file(".extbackupignore", String(repeating: "#", count: 65537)), .tooLarge),
            (
                .file(".extbackupignore", "a\n+ \n"),
                .wrong(ExcludeFileError(line: 2, problem: .noPattern(FilterRuleError(rule: "+ "))))
            ),
            (.file(".extbackupignore", "a\0\n"), .wrong(ExcludeFileError(line: 1, problem: .noText))),
        ] as [(Item, IgnoreFileError)]
    )
    func unusable(item: Item, expected: IgnoreFileError) throws {
        let home = try TemporaryFolder()
        try home.folder.make([item])
        #expect(Self.everything.marks(in: home.folder).mistake == expected)
    }

    @Test("takes a link or a short file for no tag of a cache")
    func noTag() throws {
        let home = try TemporaryFolder()
        try home.folder.make([
            .file("tag", Self.tag), .symbolicLink("CACHEDIR.TAG", to: "tag"),
            .folder("b", [.file("CACHEDIR.TAG", "Signature: ")]),
        ])
        #expect(!Self.everything.marks(in: home.folder).isLeftEmpty)
        #expect(!Self.everything.marks(in: try home.folder.open("b", .directory)).isLeftEmpty)
    }
}

extension FolderMarks {
    /// The rules of the folder, if they can be used.
    var ignoreFile: IgnoreFile? {
        if case .file(let file) = rules { file } else { nil }
    }

    /// Why they cannot.
    var mistake: IgnoreFileError? {
        if case .unusable(let error) = rules { error } else { nil }
    }
}

@Suite("A file of patterns")
struct ExcludeFileTests {
    @Test("adds its rules behind the others")
    func appending() throws {
        var rules = try FilterRules(excluding: ["+ a"])
        try rules.append(contentsOfExcludeFile: Array("# all\na\nb\n".utf8))
        #expect(!rules.excludes(Array("a".utf8), isDirectory: false))
        #expect(rules.excludes(Array("b".utf8), isDirectory: false))
    }

    @Test("drops with an exclamation mark what was before it")
    func clearing() throws {
        var rules = try FilterRules(excluding: ["a"])
        try rules.append(contentsOfExcludeFile: Array("b\n!\nc\n".utf8))
        #expect(!rules.excludes(Array("a".utf8), isDirectory: false))
        #expect(!rules.excludes(Array("b".utf8), isDirectory: false))
        #expect(rules.excludes(Array("c".utf8), isDirectory: false))
    }

    @Test("gives its patterns as they are written")
    func patterns() throws {
        let text = "a\n#\n!\n\n- b \r\n;x\n+ c\n!x\n"
        #expect(try FilterRules.patterns(ofExcludeFile: Array(text.utf8)) == ["- b ", "+ c", "!x"])
    }

    @Test(
        "names the line that is wrong, and then adds nothing",
        arguments: [
            ("- ", 1), ("a\n+ \n", 2), ("a\r\n\r\n- \r\n", 3), ("a\rb\r- \r", 3), ("a\n\nb\0c\n", 3),
        ]
    )
    func mistakes(text: String, line: Int) throws {
        var rules = try FilterRules(excluding: ["x"])
        let error = #expect(throws: ExcludeFileError.self) {
            try rules.append(contentsOfExcludeFile: Array(text.utf8))
        }
        #expect(error?.line == line)
        #expect(!rules.excludes(Array("a".utf8), isDirectory: false))
        #expect(rules.excludes(Array("x".utf8), isDirectory: false))
    }
}
