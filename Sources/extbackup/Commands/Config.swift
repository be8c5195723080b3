import ArgumentParser
import ExtBackupKit
import LinuxSystem

/// The configuration.
struct Config: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look after the configuration.",
        subcommands: [Check.self]
    )

    /// Checks the files.
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check config.toml and the drives' files; mistakes are told with file, line and column."
        )

        @Option(help: "The configuration's folder.", completion: .directory)
        var folder = "/etc/extbackup"

        func run() throws {
            let summary = try ConfigurationCheck.perform(folder: FileName(argument: folder))
            for line in summary { Output.result(line) }
        }
    }
}
