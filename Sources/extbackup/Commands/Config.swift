import ArgumentParser
import ExtBackupKit
import LinuxSystem

/// The configuration.
struct Config: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look after the configuration.",
        subcommands: [Check.self, Show.self, Example.self, Schema.self]
    )

    /// Checks the files.
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check config.toml and the drives' files; mistakes are told with file, line and column."
        )

        @Option(help: "The configuration's folder.", completion: .directory)
        var folder = "/etc/extbackup"

        func run() throws {
            Output.result(try ConfigurationCheck.perform(folder: FileName(argument: folder)))
        }
    }

    /// Shows what they come to.
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the configuration as it takes effect, and the drives' files.",
            discussion: """
                What config.toml does not say is told as well. What is printed is a config.toml itself, of the same \
                effect; patterns of 'exclude_from' are among those of 'exclude'.
                """
        )

        @Option(help: "The configuration's folder.", completion: .directory)
        var folder = "/etc/extbackup"

        @ArgumentParser.Flag(help: "Print it as JSON, under the same keys.")
        var json = false

        func run() throws {
            let overview = try ConfigurationOverview(folder: FileName(argument: folder))
            if json { Output.result(try overview.json()) } else { Output.result(overview.lines) }
        }
    }

    /// Shows what can be said.
    struct Example: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a config.toml with comments that shows every setting."
        )

        func run() {
            Output.result(Array(ConfigurationForm.example.utf8))
        }
    }

    /// Tells editors what can be said.
    struct Schema: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a JSON schema (draft 2020-12) of config.toml, for editors.",
            discussion: """
                Editors with the language server Taplo complete keys and mark mistakes when the schema lies in a \
                file and the first line of config.toml names it: '#:schema ./schema.json'.
                """
        )

        func run() throws {
            Output.result(try ConfigurationForm.schema())
        }
    }
}
