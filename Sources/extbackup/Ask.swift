import ExtBackupKit
import LinuxSystem
import Reporting

/// Questions to the person at the terminal.
enum Ask {
    /// An answer.
    static func line() throws(Failure) -> String {
        do {
            if let answer = try Terminal.readAnswer() { return String(decoding: answer, as: UTF8.self) }
        } catch {
            throw Failure(.usage, "the answer cannot be read: \(error); nothing was changed")
        }
        throw Failure(.usage, "no answer; nothing was changed")
    }

    /// A passphrase, typed twice.
    static func newPassphrase() throws(Failure) -> SecretBytes {
        Output.say(
            "The passphrase opens the drive on any machine, also when this one is gone: keep it elsewhere."
        )
        while true {
            let first = try secret("Passphrase: ")
            if first.count < shortest {
                Output.say("Use at least \(shortest) characters.")
                continue
            }
            if try secret("The same again: ").hasSameBytes(as: first) { return first }
            Output.say("These were not the same.")
        }
    }

    /// The first line of a file.
    static func firstLine(of path: FileName) throws(Failure) -> SecretBytes {
        do {
            let whole = try SecretBytes(
                readingFrom: try Descriptor.open(path, [.read, .followLink]),
                limit: 65536
            )
            let line = whole.firstLine()
            if line.count >= shortest { return line }
        } catch {
            throw Failure(.usage, "the passphrase cannot be read: \(error); nothing was changed")
        }
        throw Failure(
            .usage,
            "the passphrase in \(path) has less than \(shortest) bytes; nothing was changed"
        )
    }

    private static let shortest = 8

    private static func secret(_ question: String) throws(Failure) -> SecretBytes {
        Output.ask(question)
        defer { Output.say("") }
        do {
            if let answer = try Terminal.readSecret() { return answer }
        } catch {
            throw Failure(.usage, "the passphrase cannot be read: \(error); nothing was changed")
        }
        throw Failure(.usage, "no passphrase; nothing was changed")
    }
}
