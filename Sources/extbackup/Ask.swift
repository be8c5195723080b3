import Drives
import ExtBackupKit
import LinuxSystem
import Reporting

/// Questions to the person at the terminal.
struct Ask {
    /// Ends a question.
    let interruption: Interruption

    /// An answer.
    func line() throws(Failure) -> String {
        do {
            if let answer = try Terminal.readAnswer(until: interruption) {
                return String(decoding: answer, as: UTF8.self)
            }
        } catch {
            throw unread(error)
        }
        throw Failure(
            .usage,
            "no answer; nothing was changed",
            hint: "answer at a terminal, or use the options"
        )
    }

    /// A passphrase, typed twice; or a new one, which is shown and typed once, to prove that it was written down.
    func newPassphrase() throws(Failure) -> SecretBytes {
        Output.say(
            "The passphrase opens the drive on any machine, also when this one is gone: keep it elsewhere."
        )
        while true {
            let first = try secret("Passphrase (empty: have one made): ")
            if first.count == 0 { return try generatedPassphrase() }
            if first.count < Self.shortest {
                Output.say("Use at least \(Self.shortest) characters.")
                continue
            }
            if try secret("The same again: ").hasSameBytes(as: first) { return first }
            Output.say("These were not the same.")
        }
    }

    /// Where the answer to a question comes from.
    enum Answer {
        /// From the command line alone.
        case given
        /// From the person at the terminal, too.
        case asked
    }

    /// Goes on only when a person knows which disk this is.
    ///
    /// - Parameters:
    ///   - serial: what the command line says.
    ///   - warning: what will happen, as a sentence.
    func confirm(
        _ disk: DiskDescription,
        serial: String?,
        answer: Answer,
        warning: String
    ) throws(Failure) {
        let confirmation = SerialConfirmation(for: disk)
        if let serial, !confirmation.accepts(serial) {
            throw Failure(
                .usage,
                "\(FileName(argument: serial)) is not \(confirmation.question); nothing was changed",
                hint: "compare it with what is written above and on the disk's label"
            )
        }
        switch answer {
        case .given: return
        case .asked: break
        }
        guard StandardStream.input.isTerminal else {
            throw Failure(
                .usage,
                "there is no terminal to ask on; nothing was changed",
                hint: "use --yes with --serial"
            )
        }
        Output.ask("\(warning) To go on, type \(confirmation.question): ")
        guard confirmation.accepts(try line()) else {
            throw Failure(
                .usage,
                "that is not \(confirmation.question); nothing was changed",
                hint: "compare it with what is written above and on the disk's label"
            )
        }
    }

    /// Whether the first backup of a drive that is ready is to be started now. No answer at all is a no.
    func whetherToBegin(firstBackupOf name: DriveName) throws(Failure) -> Bool {
        while true {
            Output.ask("Start the first backup now? [Y/n] ")
            let answer: [UInt8]?
            do {
                answer = try Terminal.readAnswer(until: interruption)
            } catch {
                Output.say("")
                guard interruption.isRequested else { return false }
                throw Failure(
                    .interrupted,
                    "stopped; drive '\(name)' is ready, its first backup was not started",
                    hint: "pull the drive and plug it in again, or run 'extbackup run \(name)'"
                )
            }
            guard let answer else { return false }
            switch String(decoding: answer, as: UTF8.self).lowercased() {
            case "", "y", "yes": return true
            case "n", "no": return false
            default: Output.say("Type 'y' or 'n'.")
            }
        }
    }

    /// The passphrase of a drive that has one.
    func passphrase(of device: FileName) throws(Failure) -> SecretBytes {
        try secret("Passphrase of \(device): ")
    }

    private func generatedPassphrase() throws(Failure) -> SecretBytes {
        let made = try Self.generatedPassphrase()
        while true {
            if try secret("Write it down, then type it: ").hasSameBytes(as: made) { return made }
            Output.say("That was not it.")
        }
    }

    /// Makes a passphrase and shows it, at a terminal only: a journal, or cron's mail, would keep it.
    static func generatedPassphrase() throws(Failure) -> SecretBytes {
        guard StandardStream.error.isTerminal else {
            throw Failure(
                .usage,
                "a passphrase that is made is shown at a terminal only; nothing was changed",
                hint: "use --passphrase-file"
            )
        }
        let made: SecretBytes
        do {
            made = try GeneratedPassphrase.make()
        } catch {
            throw Failure(.failed, "no passphrase can be made: \(error); nothing was changed", hint: again)
        }
        Output.say(
            "The passphrase (\(GeneratedPassphrase.entropyBits) bits of chance; it is shown only now):"
        )
        do {
            try made.withBytes { (bytes) throws(SystemError) in try Output.say(secret: bytes) }
        } catch {
            throw Failure(
                .failed,
                "the passphrase cannot be shown: \(error.reason); nothing was changed",
                hint: "see where standard error leads"
            )
        }
        return made
    }

    private static let again = "run the same command again"

    /// The first line of a file, which may be a pipe that somebody writes into by and by.
    func firstLine(of path: FileName) throws(Failure) -> SecretBytes {
        do {
            let file = try Descriptor.open(path, [.read, .followLink, .nonBlocking])
            try file.waitForContents(until: interruption)
            let line = try SecretBytes(readingFrom: file, limit: 65536).firstLine()
            if line.count >= Self.shortest { return line }
        } catch {
            if interruption.isRequested { throw unread(error) }
            throw Failure(
                .usage,
                "the passphrase in \(path) cannot be read: \(error.reason); nothing was changed",
                hint: "give a file of root's whose first line is the passphrase"
            )
        }
        throw Failure(
            .usage,
            "the passphrase in \(path) has less than \(Self.shortest) bytes; nothing was changed",
            hint: "its first line counts; 'openssl rand -base64 24' makes a good one"
        )
    }

    private static let shortest = 8

    private func secret(_ question: String) throws(Failure) -> SecretBytes {
        Output.ask(question)
        defer { Output.say("") }
        do {
            if let answer = try Terminal.readSecret(until: interruption) { return answer }
        } catch {
            throw unread(error)
        }
        throw Failure(.usage, "no passphrase; nothing was changed", hint: Self.noTerminal)
    }

    private func unread(_ error: SystemError) -> Failure {
        if interruption.isRequested {
            return Failure(.interrupted, "stopped; nothing was changed", hint: Self.again)
        }
        return Failure(
            .usage,
            "the answer cannot be read: \(error.reason); nothing was changed",
            hint: Self.noTerminal
        )
    }

    private static let noTerminal = "answer at a terminal, or use --passphrase-file"
}
