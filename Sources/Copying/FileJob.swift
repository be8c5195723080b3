internal import LinuxSystem

/// A file whose contents are to be copied.
struct FileJob: Sendable {
    /// The folder's path from the root.
    let folder: FileName
    let name: FileName
    let replacing: PlannedStep.Replaced
    let group: Int?
    /// The folder's number in the manifest.
    let number: FolderNumber
    /// Nothing is to be written when this is still the hash of the contents.
    var expected: ContentHash?
    /// As planned, in bytes.
    let size: Int64
    /// The folder, open on either side.
    let source: SharedDescriptor
    let mirror: SharedDescriptor
    /// The file that gets the name, when there is one; else contents are copied.
    var first: FirstName?

    /// From the root.
    var path: FileName { folder.appending(name) }

    /// To be copied, as planned.
    var bytes: Int64 { first == nil ? size : 0 }
    /// It keeps a disk busy for longer than it takes to get there.
    var isLarge: Bool { bytes >= 1 << 20 }
}

/// A file of the destination to which another name is linked.
struct FirstName: Sendable {
    let place: LinkTable.Leader
    /// The folder of `place`, open.
    let folder: SharedDescriptor
    /// What the other name has now is an equal copy.
    let mirrorIsEqual: Bool
}

/// What became of a `FileJob`.
struct FileResult: Sendable {
    enum End: Sendable {
        case written(WrittenFile)
        /// The contents are what the destination has.
        case unchanged(EntryMetadata)
        /// Another name was made.
        case linked(FirstName)
        /// It could not be made so simply.
        case notLinked
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
