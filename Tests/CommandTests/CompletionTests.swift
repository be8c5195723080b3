import LinuxSystem
import Testing

/// What the shells propose. The names of drives are in `SetUpTests`.
@Suite("Completion")
struct CompletionTests {
    static let lines: [(line: String, proposed: [String])] = [
        ("extbackup prep", ["prepare-disk"]),
        ("extbackup config ch", ["check"]),
        ("extbackup prepare-disk --files", ["--filesystem"]),
        ("extbackup prepare-disk --filesystem ", ["btrfs", "ext4", "xfs"]),
        ("extbackup prepare-disk --filesystem x", ["xfs"]),
        ("extbackup copy --max-d", ["--max-delete"]),
        ("extbackup copy /usr/share/base-fi", ["/usr/share/base-files"]),
    ]

    @Test("works in bash", Need.program("/bin/bash"), arguments: lines)
    func bash(line: String, proposed: [String]) throws {
        let script: FileName = """
            source <("$1" --generate-completion-script bash) || exit
            COMP_LINE=$2
            COMP_POINT=${#COMP_LINE}
            read -ra COMP_WORDS <<< "$2"
            if [[ $2 == *' ' ]]; then COMP_WORDS+=(''); fi
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _extbackup extbackup "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
            printf '%s\\n' "${COMPREPLY[@]}"
            """
        #expect(try run(["/bin/bash", "-c", script, "bash"], line) == proposed)
    }

    @Test("works in fish", Need.program("/usr/bin/fish"), arguments: lines)
    func fish(line: String, proposed: [String]) throws {
        let script: FileName = """
            set --export HOME /nonexistent
            $argv[1] --generate-completion-script fish | source
            complete --do-complete $argv[2] | string split --fields 1 \\t | string trim --right --chars=/
            # It ends with 1 when there was nothing to trim.
            true
            """
        #expect(try run(["/usr/bin/fish", "--no-config", "-c", script], line) == proposed)
    }

    @Test("is understood by zsh", Need.program("/bin/zsh"))
    func zsh() throws {
        let outcome = try Program.script("\"$1\" --generate-completion-script zsh | zsh -n /dev/stdin")
        #expect(outcome.isSuccess)
        #expect(outcome.lastLine == "")
    }

    /// The proposals for a line, sorted.
    private func run(_ shell: [FileName], _ line: String) throws -> [String] {
        let outcome = try ChildProcess(shell + [try Program.path(), FileName(line)]).run()
        #expect(outcome.isSuccess)
        return String(decoding: outcome.output, as: UTF8.self).split(separator: "\n").map(String.init)
            .sorted()
    }
}
