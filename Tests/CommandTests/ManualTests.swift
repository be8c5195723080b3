import LinuxSystem
import Testing

@Suite("The manual")
struct ManualTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    /// Fills a template with what a program says of itself; this one, when nothing is given.
    private func fill(_ template: FileName, help: String? = nil) throws -> ChildProcess.Outcome {
        let description = folder.path.appending("help.json")
        if let help {
            try folder.write("help.json", help)
        } else {
            let script: FileName = "\"$1\" --experimental-dump-help > \"$2\""
            try #require(try Program.script(script, description).isSuccess)
        }
        let generator = try Program.path().parent.appending("extbackup-manual")
        return try ChildProcess([generator, template, description]).run()
    }

    private func fill(text template: String, help: String) throws -> ChildProcess.Outcome {
        try folder.write("template", template)
        return try fill(folder.path.appending("template"), help: help)
    }

    private static let pages = Program.repository.appending("docs/man")

    @Test("has every command with its options, and the exit statuses", arguments: CommandLineTests.commands)
    func commands(words: String, names: [String]) throws {
        let outcome = try fill(Self.pages.appending("extbackup.1.in"))
        try #require(outcome.isSuccess, "\(outcome.lastLine)")
        let page = String(decoding: outcome.output, as: UTF8.self)
        #expect(page.contains("130  interrupted"))
        if words.isEmpty { return }
        let heading = "\n.SS " + Self.dashed(words) + "\n"
        let section = try #require(
            page.split(separator: heading, omittingEmptySubsequences: false).dropFirst().first
        )
        let own = section.split(separator: "\n.SS ").first ?? ""
        for name in names where name.hasPrefix("--") {
            let option = name.prefix { $0 != " " }
            #expect(own.contains("\n\\fB\(Self.dashed(String(option)))\\fR"), "\(name)")
        }
        for name in names where name.hasPrefix("<") {
            #expect(own.contains("\\fI\(name.dropFirst().dropLast())\\fR"), "\(name)")
        }
    }

    private static func dashed(_ text: String) -> String {
        text.split(separator: "-", omittingEmptySubsequences: false).joined(separator: "\\-")
    }

    @Test("is shown without a complaint of groff", Need.program("/usr/bin/man"))
    func groff() throws {
        let page = folder.path.appending("extbackup.1")
        let outcome = try fill(Self.pages.appending("extbackup.1.in"))
        try folder.write("extbackup.1", String(decoding: outcome.output, as: UTF8.self))
        for page in [page, Self.pages.appending("extbackup.toml.5")] {
            let script: FileName = """
                MANROFFSEQ= MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$2" 2>&1 >/dev/null
                """
            let shown = try Program.script(script, page)
            #expect(shown.isSuccess)
            #expect(shown.lastLine == "")
        }
    }

    private static let trial = #"""
        {"serializationVersion": 0, "command": {"commandName": "trial", "shouldDisplay": true,
        "discussion": "About it\nand more.\n\nLIST OF ALL\n  a  1\n  b  2\nwith words.\n\nLAST\nend",
        "subcommands": [
            {"commandName": "do", "shouldDisplay": true, "abstract": ".SH 'it' \\fB`^~\" größe…\t😀", "arguments": [
                {"kind": "option", "names": [{"kind": "short", "name": "n"}, {"kind": "long", "name": "max-n"}],
                 "preferredName": {"kind": "long", "name": "max-n"}, "valueName": "count", "defaultValue": "7",
                 "isOptional": true, "isRepeating": false, "shouldDisplay": true, "abstract": "How many.",
                 "discussion": "More."},
                {"kind": "flag", "names": [{"kind": "long", "name": "secret"}], "valueName": "secret",
                 "isOptional": true, "isRepeating": false, "shouldDisplay": false, "abstract": "Hidden."},
                {"kind": "positional", "valueName": "file", "isOptional": false, "isRepeating": true,
                 "shouldDisplay": true, "abstract": "Which."}]},
            {"commandName": "hidden", "shouldDisplay": false}]}}
        """#

    @Test(
        "takes its parts from the program's help",
        arguments: [
            (".TH X 1\n@DESCRIPTION@\n.SH END\n", ".TH X 1\n.PP\nAbout it and more.\n.SH END\n"),
            ("@LIST OF ALL@\n", ".PP\n.EX\n  a  1\n  b  2\n.EE\n.PP\nwith words.\n"),
            ("@LAST@\nmail@example.org @\n", ".PP\nend\nmail@example.org @\n"),
            (
                "@COMMANDS@\n",
                """
                .SS do
                .PP
                \\fBtrial do\\fR
                [\\fB\\-\\-max\\-n\\fR\\ \\fIcount\\fR]
                \\fIfile\\fR...
                .PP
                \\&.SH \\(aqit\\(aq \\(rsfB\\(ga\\(ha\\(ti\\(dq gr\\[u00F6]\\[u00DF]e\\[u2026] \\[u1F600]
                .TP
                \\fB\\-n\\fR, \\fB\\-\\-max\\-n\\fR \\fIcount\\fR
                How many. Default: 7.
                .IP
                More.
                .TP
                \\fIfile\\fR
                Which.

                """
            ),
        ]
    )
    func parts(template: String, page: String) throws {
        let outcome = try fill(text: template, help: Self.trial)
        #expect(String(decoding: outcome.output, as: UTF8.self) == page)
        #expect(outcome.isSuccess)
    }

    @Test(
        "is not made of what is not understood",
        arguments: [
            ("@NOTHING@\n", trial, "extbackup-manual: the program's help has nothing for '@NOTHING@'"),
            (
                "",
                "{\"serializationVersion\": 1, \"command\": {\"commandName\": \"a\", \"shouldDisplay\": true}}",
                "extbackup-manual: the help has version 1, which is not known"
            ),
        ]
    )
    func mistakes(template: String, help: String, complaint: String) throws {
        let outcome = try fill(text: template, help: help)
        #expect(outcome.ending == .exited(status: 1))
        #expect(String(decoding: outcome.output, as: UTF8.self) == complaint + "\n")
    }
}
