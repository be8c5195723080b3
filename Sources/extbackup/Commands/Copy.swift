import ArgumentParser
import Copying
import ExtBackupKit
import LinuxSystem
import Reporting

/// The engine alone, for any two folders.
struct Copy: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Copy what is in one folder into another, without drives, light and mail.",
        discussion: """
            Means what 'rsync -aHAXS --numeric-ids SRC/ DST/' means, but times are compared to the nanosecond. DST is \
            made when only its last part is missing. Without --delete nothing is removed. When it is stopped or killed, \
            every name in DST has its old or its new contents, whole (but see --in-place); the same command \
            goes on from there.

            All is known before the first write. What does not fit is not begun. With --max-delete, more deletions than \
            allowed are none at all, and the rest is copied (rsync deletes until the number is reached); status 25.

            Patterns are rsync's, and the first that matches wins, in the order of the command line. Names in lines and \
            JSON are rsync's too: '\\#ooo' for each byte that is no text.

            EXIT STATUS
            \(ExitStatusTable.text(of: statuses))
            """
    )

    private static var statuses: [(status: ExitStatus, meaning: String)] {
        [
            (.ok, "all copied; what vanished meanwhile is named"),
            (.failed, ExitStatus.failed.meaning),
            (.partial, ExitStatus.partial.meaning),
            (.locked, "another process uses the manifest"),
            (.noSpace, ExitStatus.noSpace.meaning),
            (.driveGone, "DST's disk failed or vanished in mid-run"),
            (.held, "more deletions than --max-delete: none was made"),
            (.sourceMissing, "SRC is absent or unreadable"),
            (.usage, ExitStatus.usage.meaning),
            (.interrupted, ExitStatus.interrupted.meaning),
        ]
    }

    @Argument(help: "The folder whose contents are copied.", completion: .directory)
    var src: String

    @Argument(help: "The folder that they are copied into.", completion: .directory)
    var dst: String

    @ArgumentParser.Flag(help: "Delete from DST what SRC does not have.")
    var delete = false

    @Option(help: ArgumentHelp("With --delete: delete nothing if it were more than this.", valueName: "n"))
    var maxDelete: Int?

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Leave out what matches; in DST it stays.", valueName: "pattern")
    )
    fileprivate var exclude: [FilterArgument] = []

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Copy what matches, whatever a later pattern says.", valueName: "pattern")
    )
    fileprivate var include: [FilterArgument] = []

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "Read patterns for --exclude, one a line; '-' is standard input.",
            valueName: "file"
        ),
        completion: .file()
    )
    fileprivate var excludeFrom: [FilterArgument] = []

    @ArgumentParser.Flag(
        help: "Stay on the file system of SRC; where another is mounted, make an empty folder."
    )
    var oneFileSystem = false

    @ArgumentParser.Flag(
        help: """
            Read files of equal size and time, too, and copy those whose contents differ. With --manifest, SRC is compared \
            with the hashes in it, and DST is not read.
            """
    )
    var checksum = false

    @Option(
        help: ArgumentHelp(
            """
            Move what would be overwritten or deleted into this folder, under the same path; what is there already is \
            replaced. Relative to DST, or absolute on the same file system. In DST, its first part is neither deleted nor \
            copied to.
            """,
            valueName: "dir"
        ),
        completion: .directory
    )
    var backupDir: String?

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            """
            Link what this earlier copy has unchanged instead of copying it; with several, from the first that has it. \
            Relative to DST, or absolute on the same file system. Nothing in it is changed.
            """,
            valueName: "dir"
        ),
        completion: .directory
    )
    var linkDest: [String] = []

    @Option(
        help: ArgumentHelp(
            """
            Remember what DST has in this file, which is neither in DST nor in SRC. The next run then reads SRC only, and \
            renames what was moved: nobody else may write to DST between runs. Remove the file to have DST compared.
            """,
            valueName: "file"
        ),
        completion: .file()
    )
    var manifest: String?

    @ArgumentParser.Flag(
        help: """
            Write only the changed blocks of large files, into the file. When that is cut off, the file is torn, part old \
            and part new, and marked so (user.extbackup.torn), until the next run.
            """
    )
    var inPlace = false

    @ArgumentParser.Flag(help: "Write nothing; tell what would be done, and whether it fits.")
    var dryRun = false

    @ArgumentParser.Flag(
        help: "Print a line for every change, in the form of rsync's -i; totals on standard error."
    )
    var itemize = false

    @ArgumentParser.Flag(help: "Print the result as one JSON document.")
    var json = false

    @ArgumentParser.Flag(help: "Say nothing but errors; --itemize and --json still print what they are for.")
    var quiet = false

    func validate() throws {
        if itemize, json { throw ValidationError("--itemize and --json both print to standard output") }
        if inPlace, backupDir != nil {
            throw ValidationError("--in-place leaves no earlier version that --backup-dir could keep")
        }
        if let maxDelete {
            if !delete { throw ValidationError("--max-delete needs --delete") }
            if maxDelete < 0 { throw ValidationError("--max-delete must be 0 or more") }
        }
    }

    func run() throws {
        let interruption = Interruption()
        interruption.requestOnSignals()
        let options = try options(interruption)
        let display = quiet ? nil : CopyDisplay()
        var lines = LineBuffer()
        let itemized = { (change: PlannedChange) in
            display?.clear()
            lines.append(ItemizedChange(change).bytes)
        }
        let result = FolderCopy(options, interruption: interruption).perform(
            onChange: itemize ? itemized : nil,
            onPlanned: { lines.flush() },
            onProgress: { display?.show($0) }
        )
        display?.clear()
        try report(result)
        throw ExitCode(result.status.rawValue)
    }

    private func options(_ interruption: Interruption) throws(Failure) -> CopyOptions {
        var options = CopyOptions(source: FileName(argument: src), destination: FileName(argument: dst))
        if delete { options.deleting = maxDelete.map { .atMost($0) } ?? .everything }
        options.filter = try FilterRules(
            [FilterOption](excludes: exclude, includes: include, excludeFiles: excludeFrom),
            interruption: interruption
        )
        if oneFileSystem { options.boundary = .oneFileSystem }
        options.backupFolder = backupDir.map { FileName(argument: $0) }
        options.linkFolders = linkDest.map { FileName(argument: $0) }
        if checksum { options.comparison = .contents }
        if inPlace { options.update = .inPlace }
        options.manifest = manifest.map { FileName(argument: $0) }
        if dryRun { options.mode = .preview }
        return options
    }

    private func report(_ result: CopyResult) throws(Failure) {
        for remark in result.remarks {
            switch remark {
            case .warning where quiet: break
            case .error, .warning: Output.say("extbackup: \(remark.text)")
            }
        }
        for failure in [result.heldFailure, result.failure] {
            if let failure { Output.complain(failure) }
        }
        if json {
            Output.result(try result.json())
        } else if !quiet {
            for line in result.lines { itemize ? Output.say(line) : Output.result(line) }
        }
    }
}
