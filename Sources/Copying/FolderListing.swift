internal import LinuxSystem
internal import SystemPackage

/// The entries of one folder, read whole and sorted by name.
struct FolderListing {
    struct Entry {
        let name: FileName
        let status: EntryStatus
    }

    struct Failure {
        let name: FileName
        let error: SystemError

        /// It was listed, and was gone when it was looked at.
        var isVanished: Bool { error.errno == .noSuchFileOrDirectory }
    }

    private(set) var entries: [Entry] = []
    /// Entries that are there and cannot be looked at.
    private(set) var failures: [Failure] = []
    /// Why the list is not whole, or nil when it is.
    private(set) var listFailure: SystemError?

    /// Reads `folder`. What fails is kept beside what does not.
    init(of folder: SharedDescriptor) {
        var names: [FileName] = []
        do {
            try folder.descriptor.forEachName { names.append($0) }
        } catch {
            listFailure = error
        }
        names.sort()
        entries.reserveCapacity(names.count)
        for name in names {
            do {
                entries.append(Entry(name: name, status: try folder.descriptor.status(of: name)))
            } catch {
                failures.append(Failure(name: name, error: error))
            }
        }
    }

    /// An empty one: of a folder that is not there.
    init() {}

    /// Calls `body` for every name of either list, in order.
    static func merge(
        _ source: [Entry],
        _ mirror: [Entry],
        _ body: (FileName, EntryStatus?, EntryStatus?) throws(CopyError) -> Void
    ) throws(CopyError) {
        var left = 0
        var right = 0
        while left < source.count || right < mirror.count {
            if right == mirror.count || (left < source.count && source[left].name < mirror[right].name) {
                try body(source[left].name, source[left].status, nil)
                left += 1
            } else if left == source.count || mirror[right].name < source[left].name {
                try body(mirror[right].name, nil, mirror[right].status)
                right += 1
            } else {
                try body(source[left].name, source[left].status, mirror[right].status)
                left += 1
                right += 1
            }
        }
    }
}
