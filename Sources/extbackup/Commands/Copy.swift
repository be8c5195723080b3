import ArgumentParser
import Copying
import ExtBackupKit
import LinuxSystem
import Reporting

/// The engine alone, for any two folders.
struct Copy: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Copy a folder: make DST equal to SRC, without drives, light and mail.",
        discussion: """
            Copies what is in SRC into DST, with the meaning of 'rsync -aHAXS --numeric-ids SRC/ DST/'; times are \
            compared to the nanosecond. DST is made when only its last part is missing. Without --delete nothing is \
            removed. Stopped or killed, every name in DST has its old or its new contents, whole; the same command \
            goes on from there.

            EXIT STATUS
            \(ExitStatusTable.text)
            """
    )

    @Argument(help: "The folder whose contents are copied.")
    var src: String

    @Argument(help: "The folder that they are copied into.")
    var dst: String

    @ArgumentParser.Flag(help: "Delete what SRC does not have.")
    var delete = false

    @ArgumentParser.Flag(help: "Write nothing; tell what would be done, and whether it fits.")
    var dryRun = false

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Leave out what matches, as rsync does.", valueName: "pattern")
    )
    var exclude: [String] = []

    @ArgumentParser.Flag(help: "Do not copy what other file systems hold that are mounted in SRC.")
    var oneFileSystem = false

    @ArgumentParser.Flag(help: "Say nothing but errors.")
    var quiet = false

    func run() throws {
        let interruption = Interruption()
        interruption.requestOnSignals()
        var options = CopyOptions(source: FileName(src), destination: FileName(dst))
        if delete { options.deleting = .everything }
        if oneFileSystem { options.boundary = .oneFileSystem }
        if dryRun { options.mode = .preview }
        do {
            options.filter = try FilterRules(excluding: exclude.map { FileName($0) })
        } catch {
            throw Failure(.usage, "\(error)")
        }
        let result = FolderCopy(options, interruption: interruption).perform(
            onChange: { _ in },
            onProgress: { _ in }
        )
        for remark in result.remarks { Output.say("extbackup: \(remark.text)") }
        if !quiet { for line in result.lines { Output.result(line) } }
        if let failure = result.failure { Output.complain(failure) }
        throw ExitCode(result.status.rawValue)
    }
}
