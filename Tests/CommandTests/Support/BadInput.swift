import LinuxSystem
import SystemPackage
import Testing

/// Something that is wrong on a machine that is set up otherwise, and how commands end there.
struct BadInput: CustomTestStringConvertible, Sendable {
    /// What is wrong, for people.
    var testDescription: String
    /// The shell commands that make it so, run below `/etc/extbackup`.
    var spoil: FileName
    /// What all of `refused` say behind the program's name, or a part of it.
    var message: String
    /// Commands that cannot do their work, each behind the status that it ends with.
    var refused: [String]
    /// Commands that have nothing to do with it, each behind its status.
    var untouched: [String]

    init(
        _ description: String,
        _ spoil: FileName,
        _ message: String,
        _ refused: [String],
        untouched: [String] = []
    ) {
        testDescription = description
        self.spoil = spoil
        self.message = message
        self.refused = refused
        self.untouched = untouched
    }
}

/// A machine with a prepared drive that is not plugged in.
enum BadMachine {
    /// How a command ended there.
    struct Ending {
        var command: Substring
        var status: Int
        var isUnchanged: Bool
        var talk: String
    }

    /// A listing of all that a command must not change, and a function that tries one.
    private static let prologue = """
        program=$1
        list() {
            find $places -printf '%p %y %m %U:%G %l\\n' | LC_ALL=C sort
            find $places -type f -exec sha256sum {} + 2>/dev/null | LC_ALL=C sort
        }
        # Runs keep books of what they did; nothing else that fails does.
        try() {
            case $1 in
                run | agent | failed) places='/etc /srv' ;;
                *) places='/etc /srv /var/lib' ;;
            esac
            list > /dev/shm/before.$$
            timeout -s KILL 20 "$program" "$@" < /dev/null > /dev/shm/output.$$ 2> /dev/shm/talk.$$
            printf '\\001%s\\n' "$?"
            list | cmp -s - /dev/shm/before.$$ && echo same || echo changed
            cat /dev/shm/talk.$$
            case $1 in doctor) cat /dev/shm/output.$$ ;; esac
        }

        """

    /// Spoils a machine, gives it one command after the other, and tells how each ended.
    static func endings(of commands: [String], after spoil: FileName) throws -> [Ending] {
        var script = Array((PrivateMachine.withDrive + prologue).utf8) + spoil.bytes + Array("\n".utf8)
        for command in commands { script += Array("try \(words(command))\n".utf8) }
        script += Array("rm -f /dev/shm/*.$$\n".utf8)
        let outcome = try PrivateMachine.run(FileName(bytes: script), Program.path())
        let parts = String(decoding: outcome.output, as: UTF8.self).split(
            separator: "\u{1}",
            omittingEmptySubsequences: false
        )
        try #require(parts.count == commands.count + 1, "\(outcome.output.count) bytes: \(parts)")
        return zip(commands, parts.dropFirst()).map { command, part in
            let lines = part.split(separator: "\n", maxSplits: 2, omittingEmptySubsequences: false)
            return Ending(
                command: words(command),
                status: Int(lines[0]) ?? -1,
                isUnchanged: lines[1] == "same",
                talk: lines.count > 2 ? String(lines[2]) : ""
            )
        }
    }

    /// A command without its status.
    private static func words(_ command: String) -> Substring { command.drop { $0.isNumber || $0 == " " } }

    /// Checks a row: statuses, one clear error with a hint, nothing changed.
    static func check(_ row: BadInput) throws {
        let commands = row.refused + row.untouched
        let endings = try endings(of: commands, after: row.spoil)
        for (index, (command, ending)) in zip(commands, endings).enumerated() {
            let wanted = command.prefix { $0.isNumber }
            let text: Comment =
                "\(row.testDescription): '\(ending.command)' ended with \(ending.status): \(ending.talk)"
            #expect("\(ending.status)" == wanted, text)
            #expect(ending.isUnchanged, text)
            #expect(
                !["atal error", "rashed", "acktrac", PrivateMachine.key].contains {
                    ending.talk.contains($0)
                },
                text
            )
            // What the journal gets has no hints; the mail and 'status' have them.
            let hint =
                ending.command.contains("--json")
                ? "hint" : ending.command.hasPrefix("agent") ? "" : "  hint: "
            if ending.status != 0 { #expect(ending.talk.contains(hint), text) }
            if index < row.refused.count { #expect(ending.talk.contains(row.message), text) }
        }
    }
}
