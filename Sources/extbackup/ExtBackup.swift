import ArgumentParser
import ExtBackupKit
import LinuxSystem
import Reporting

/// The program: off-site backups to drives that come and go.
@main
struct ExtBackup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "extbackup",
        abstract: "Off-site backups to encrypted drives that you plug in and carry away.",
        discussion: """
            Prepare a drive once; from then on plugging it in starts a backup, and the light (or a mail) tells when \
            it may be pulled.

            EXIT STATUS
            \(ExitStatusTable.text)
            """,
        version: Version.text,
        groupedSubcommands: [
            CommandGroup(
                name: "Drives:",
                subcommands: [
                    PrepareDisk.self, PreparedDrives.self, Mount.self, Eject.self, Header.self,
                ]
            ),
            CommandGroup(
                name: "Backups:",
                subcommands: [Run.self, Status.self, Log.self, Approve.self, Copy.self]
            ),
            CommandGroup(
                name: "Set-up:",
                subcommands: [Init.self, Doctor.self, Config.self, LED.self, Mail.self]
            ),
            CommandGroup(name: "For units:", subcommands: [Agent.self, Cleanup.self, Failed.self]),
        ]
    )

    /// Parses, runs, and ends with the status that the design's table gives.
    static func main() {
        StandardStream.occupyClosed()
        // The copier keeps thousands of files open until they are durable and get their names.
        ProcessLimits.raiseOpenFiles()
        end(with: status())
    }

    private static func status() -> ExitCode {
        do {
            var command = try parseAsRoot(ByteArguments.ofProcess)
            try command.run()
            return .success
        } catch let failure as Failure {
            Output.complain(failure)
            return ExitCode(failure.status.rawValue)
        } catch {
            let status = exitCode(for: error)
            let text = fullMessage(for: error)
            if !text.isEmpty { status.isSuccess ? Output.result(text) : Output.say(text) }
            return status
        }
    }

    private static func end(with status: ExitCode) -> Never {
        guard status.isSuccess, let failure = Output.failure else { exit(withError: status) }
        Output.complain(failure)
        exit(withError: ExitCode(failure.status.rawValue))
    }
}

/// The program's version.
enum Version {
    static let text = "0.1.0"
}
