import ArgumentParser
import Drives
import ExtBackupKit

/// Lets held deletions through.
struct Approve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Approve the deletions that the last run of a drive held back.",
        discussion: "They are made at the next run, if they are not more by then than those you approve now."
    )

    @Argument(help: "The drive's name.", completion: .driveName)
    var name: String

    func run() throws {
        let program = try Program.start(for: .talk)
        for line in try program.context.approveHeldDeletions(of: try DriveName(argument: name)) {
            Output.result(line)
        }
    }
}
