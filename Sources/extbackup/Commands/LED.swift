import ArgumentParser
import ExtBackupKit

/// The light.
struct LED: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "led",
        abstract: "Look after the light.",
        subcommands: [Test.self, Clear.self, Show.self]
    )

    /// Shows the colors.
    struct Test: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show every color for a second, with what it means.",
            discussion:
                "Then the light shows again what it has to say. While a drive is in use nothing is shown."
        )

        func run() throws {
            let program = try Program.start(for: .light)
            try LightCommands(program.context).test { Output.result($0) }
        }
    }

    /// Switches it off.
    struct Clear: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Switch the light off until the next run.",
            discussion: "A run that goes on keeps its light."
        )

        func run() throws {
            let program = try Program.start(for: .talk)
            try LightCommands(program.context).clear()
        }
    }

    /// Keeps it blinking.
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the state of all drives for as long as it has to blink (extbackup-led.service)."
        )

        func run() throws {
            let program = try Program.start(for: .talk)
            LightCommands(program.context).show()
        }
    }
}
