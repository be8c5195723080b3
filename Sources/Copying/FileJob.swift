internal import LinuxSystem

/// A file whose contents are to be copied.
struct FileJob: Sendable {
    /// The folder's path from the root.
    let folder: FileName
    let name: FileName
    let replacing: PlannedStep.Replaced
    let group: Int?
    /// As planned, in bytes.
    let size: Int64
    /// The folder, open on either side.
    let source: SharedDescriptor
    let mirror: SharedDescriptor

    /// From the root.
    var path: FileName { folder.appending(name) }
}

/// What became of a `FileJob`.
struct FileResult: Sendable {
    enum End: Sendable {
        case written(WrittenFile)
        /// The source changed in every attempt to read it, or became something else.
        case changed
        case sourceFailed(SystemError)
        /// The destination refused this file; other files may go.
        case refused(SystemError)
        /// The run ends.
        case fatal(CopyError)
    }

    let job: FileJob
    let end: End
}
