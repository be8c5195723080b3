import LinuxSystem
import SystemPackage
import Testing

/// The program on a machine that is set up, with a drive that is not plugged in.
@Suite("On a machine with a prepared drive the command line", Need.root, Need.program("/usr/bin/unshare"))
struct SetUpTests {
    /// Runs a script there, with the program's path as `$1`.
    private func script(_ text: String) throws -> String {
        let outcome = try PrivateMachine.run(FileName(PrivateMachine.withDrive + text), Program.path())
        return String(decoding: outcome.output, as: UTF8.self)
    }

    @Test(
        "ends as the table of statuses says",
        arguments: [
            ("status", 0), ("status --json", 0), ("log", 0), ("log red --json", 0), ("log blue", 10),
            ("log --run 1", 1), ("config check", 0), ("config show", 0),
            ("config show --json", 0), ("drives list", 0), ("drives list --json", 0), ("drives show red", 0),
            ("drives show red --json", 0), ("drives show blue", 10), ("run", 10), ("run red", 10),
            ("run red --dry-run", 10), ("run blue", 10), ("approve red", 1), ("cleanup red", 0),
            ("agent red", 10),
            ("agent blue", 10), ("led test", 1), ("led show", 0), ("mail deliver", 0),
        ] as [(String, Int)]
    )
    func statuses(words: String, status: Int) throws {
        let output = try script("\"$1\" \(words); echo \"ended with $?\"")
        #expect(output.hasSuffix("ended with \(status)\n"), "\(output)")
    }

    @Test("completes the names of drives", arguments: ["run", "mount", "eject"])
    func completion(command: String) throws {
        // What a completion script asks: the third word's completions, with the cursor at its beginning.
        let question = "\(command) -- positional@0 2 0 extbackup \(command) ''"
        let output = try script("SAP_SHELL=bash \"$1\" ---completion \(question)")
        #expect(output == "red\n")
    }

    @Test("says by hand what happened, what to do, and whether the drive may be pulled")
    func absent() throws {
        let output = try script("\"$1\" run red 2>&1")
        #expect(
            output.hasSuffix(
                """
                extbackup: no-drive: drive 'red': the drive is not plugged in
                  hint: plug it in; 'lsblk -o NAME,SERIAL,FSTYPE,UUID' shows what is there
                  drive: it is not plugged in

                """
            ),
            "\(output)"
        )
    }

    @Test("reports a run as JSON, and says only errors when it shall be quiet")
    func report() throws {
        let json = try script("\"$1\" run red --json 2>/dev/null")
        #expect(json.hasPrefix("{\n") && json.contains("\"name\" : \"red\""), "\(json)")
        // The closing line alone: a run that fails says that, but not how far it was.
        let quiet = try script("\"$1\" run red --quiet 2>&1")
        #expect(quiet.contains("extbackup: no-drive: drive 'red': the drive is not plugged in\n"), "\(quiet)")
        #expect(!quiet.contains("backup begins"), "\(quiet)")
        #expect(try script("\"$1\" run red 2>&1").contains("backup begins"))
    }

    @Test(
        "tells until when a plug-in approves by the clock on the wall",
        arguments: [("CET-1", "13", "CET"), ("UTC", "12", "UTC")]
    )
    func clock(zone: String, hour: String, abbreviation: String) throws {
        let offer = """
            "replugApproval": {"sources": ["photos"], "from": "2099-01-01T12:00:30Z", "until": "2099-01-01T12:10:00Z"},
            """
        let output = try script(
            """
            "$1" run red 2>/dev/null
            sed -i 's/"lastReport" : {/& \(offer)/' /var/lib/extbackup/status.json
            TZ=\(zone) "$1" status
            """
        )
        let line =
            "    or: pull it and plug it in again between \(hour):00:30 and \(hour):10:00 \(abbreviation)"
        #expect(output.split(separator: "\n").contains { $0 == line }, "\(output)")
    }

    @Test("colors the doctor's words on a terminal, and nowhere else", Need.program("/usr/bin/script"))
    func colors() throws {
        let shown = "script -qec \"$1 doctor\" /dev/null < /dev/null | head -n 1"
        let failure = "\u{1b}[31mFAILURE\u{1b}[0m"
        let output = try script(
            """
            rm /etc/extbackup/config.toml; export TERM=xterm
            unset NO_COLOR; \(shown); NO_COLOR=1; export NO_COLOR; \(shown); unset NO_COLOR
            TERM=dumb; \(shown); TERM=xterm; "$1" doctor 2>/dev/null | head -n 1
            """
        )
        let lines = output.split(whereSeparator: \.isNewline)
        try #require(lines.count == 4, "\(output)")
        #expect(lines[0].hasPrefix(failure), "\(output)")
        for line in lines[1...] { #expect(line.hasPrefix("FAILURE "), "\(output)") }
    }

    @Test("lists the runs that were, and tells everything about the one of a number")
    func log() throws {
        let output = try script(
            """
            "$1" run red 2>/dev/null; "$1" run red 2>/dev/null
            "$1" log --last 1; "$1" log | wc -l; "$1" log --run 1; "$1" log --run 1 --json | grep '"id"'
            "$1" log blue 2>&1
            """
        )
        let lines = output.split(separator: "\n").map(String.init)
        try #require(lines.count > 8, "\(output)")
        #expect(lines[0].hasPrefix("RUN  STARTED (UTC)"))
        #expect(lines[1].hasPrefix("  2  "))
        #expect(lines[1].contains("  red    no-drive  "))
        #expect(lines[2...4] == ["3", "Run 1: no-drive", "  host          \(Machine.hostName())"])
        #expect(lines.contains("  reason        drive 'red': the drive is not plugged in"))
        #expect(lines.contains("  \"id\" : 1,"))
        #expect(lines.contains("extbackup: no drive was prepared under the name 'blue'"))
    }

    @Test("prints tables that fit the terminal", Need.program("/usr/bin/script"))
    func narrow() throws {
        let output = try script(
            """
            "$1" run red 2>/dev/null
            script --quiet --return --command "stty cols 48; '$1' log; '$1' drives list" /dev/null </dev/null
            """
        )
        let lines = output.split(whereSeparator: \.isNewline).map(String.init)
        #expect(lines.count == 4, "\(output)")
        #expect(lines.allSatisfy { $0.count <= 48 }, "\(output)")
        #expect(lines.first == "RUN  STARTED (UTC)     DRIVE  RESULT    TOOK")
    }

    @Test("tells of the drive that it is not plugged in, and where its files are")
    func drives() throws {
        let output = try script(
            "\"$1\" drives list; \"$1\" drives show red; \"$1\" drives show red --json | grep isPluggedIn"
        )
        let lines = output.split(separator: "\n").map(String.init)
        try #require(lines.count > 4, "\(output)")
        #expect(lines[0].hasPrefix("NAME  PLUGGED IN  "))
        #expect(lines[1].hasPrefix("red   no          never "))
        #expect(lines[2...3] == ["red", "  plugged in:       no"])
        #expect(lines.contains("  key file:         /etc/extbackup/keys/red.key"))
        #expect(lines.last == "  \"isPluggedIn\" : false,")
    }

    @Test("prints no key, and writes it nowhere")
    func secrecy() throws {
        let output = try script(
            """
            for words in status 'status --json' log 'log --run 1' 'config check' 'config show' 'drives list' \
                'drives show red' run 'run red' 'run red --dry-run' 'approve red' \
                'cleanup red' 'agent red' 'failed red' 'mail deliver'; do
                "$1" $words
                INVOCATION_ID=0123456789abcdef0123456789abcdef "$1" $words
            done 2>&1
            find /var/lib /run -type f -exec cat {} +
            echo done
            """
        )
        #expect(output.hasSuffix("done\n"))
        #expect(output.contains("'red'"))
        #expect(!output.contains(PrivateMachine.key))
    }
}
