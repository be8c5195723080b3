import ArgumentParser
import ExtBackupKit

/// Mail.
struct Mail: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look after mail.",
        subcommands: [Test.self, Deliver.self]
    )

    /// Sends one.
    struct Test: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send a test mail to the configured recipients."
        )

        func run() throws {
            let program = try Program.start(for: .talk)
            Output.say(try MailCommands(program.context).test())
        }
    }

    /// Sends all that wait.
    struct Deliver: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send the mails that wait in the outbox (extbackup-mail.service)."
        )

        func run() throws {
            let program = try Program.start(for: .talk)
            try MailCommands(program.context).deliver()
        }
    }
}
