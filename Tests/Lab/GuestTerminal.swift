// A person at a terminal of the guest.

/// A command at a pseudo-terminal of 100 columns in the guest, and what somebody types.
public final class GuestTerminal: Sendable {
    private let guest: Guest
    private let folder: String

    /// Starts the command with bash.
    init(_ command: String, on guest: Guest) throws(LabFailure) {
        self.guest = guest
        folder = "/tmp/terminal-\(UInt32.random(in: 0...UInt32.max))"
        // Whoever holds both ends of the pipe keeps the terminal's input open.
        let session = """
            exec 3<>\(folder)/in
            script -qef -E always -c 'stty cols 100 rows 40; . \(folder)/command' \(folder)/out <&3
            echo $? > \(folder)/status.new; mv \(folder)/status.new \(folder)/status
            """
        try guest.writeFile(folder + "/command", command + "\n")
        try guest.check(
            "mkfifo \(folder)/in; : > \(folder)/out; setsid bash -c \(shellQuoted(session)) < /dev/null > /dev/null 2>&1 &"
        )
    }

    /// Waits until this is shown behind the last line that was typed.
    public func waitFor(_ text: String, timeout: Duration = .seconds(90)) throws(LabFailure) {
        // A typed line ends what was shown before it.
        let shown = "tail -c +$(($(cat \(folder)/typed 2>/dev/null || echo 0) + 1)) \(folder)/out"
        do throws(LabFailure) {
            try guest.waitUntil(
                "the terminal shows '\(text)'",
                timeout: timeout,
                succeeds: "\(shown) | grep -qF -- \(shellQuoted(text))"
            )
        } catch {
            throw error.adding(details: try screen())
        }
    }

    /// Types a line.
    public func type(_ line: String) throws(LabFailure) {
        try guest.check(
            "stat -c %s \(folder)/out > \(folder)/typed; printf '%s\\n' \(shellQuoted(line)) > \(folder)/in"
        )
    }

    /// Presses Ctrl-C.
    public func interrupt() throws(LabFailure) {
        try guest.check("printf '\\003' > \(folder)/in")
    }

    /// Waits for the command's end, and tells how it ended.
    public func waitForEnd(timeout: Duration = .seconds(120)) throws(LabFailure) -> Int32 {
        do throws(LabFailure) {
            try guest.waitUntil("the command ends", timeout: timeout, succeeds: "test -e \(folder)/status")
        } catch {
            throw error.adding(details: try screen())
        }
        return Int32(try guest.check("cat \(folder)/status").trimmed) ?? -1
    }

    /// What was shown, as it stands there in the end: of what was overwritten, the last.
    public func screen() throws(LabFailure) -> String {
        // The first and the last line are script's own.
        let lines = Self.settled(try guest.check("cat \(folder)/out").stdout).split(
            separator: "\n",
            omittingEmptySubsequences: false
        )
        let own = ["Script started on ", "Script done on "]
        return lines.filter { line in !own.contains { line.hasPrefix($0) } }.joined(separator: "\n")
    }

    /// Lines without what only moves the cursor.
    static func settled(_ output: String) -> String {
        let lines = output.split(separator: "\r\n", omittingEmptySubsequences: false).flatMap {
            $0.split(separator: "\n", omittingEmptySubsequences: false)
        }
        return lines.map { line in
            var shown = ""
            var rest = Substring(line)
            while let next = rest.popFirst() {
                if next == "\r" {
                    shown = ""
                } else if next == "\u{1b}" {
                    // Control sequences end with a letter.
                    while let part = rest.popFirst(), !part.isLetter {}
                } else {
                    shown.append(next)
                }
            }
            return shown
        }.joined(separator: "\n")
    }
}

extension Guest {
    /// Starts a command at a terminal, where it may ask.
    public func terminal(_ command: String) throws(LabFailure) -> GuestTerminal {
        try GuestTerminal(command, on: self)
    }
}
