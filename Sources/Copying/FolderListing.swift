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

    /// Reads `folder`. What fails is kept beside what does not. `didLook` is called after each entry.
    init(of folder: SharedDescriptor, didLook: () -> Void = {}) {
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
            didLook()
        }
    }

    /// A name, and what either side has under it.
    struct Pair {
        let name: FileName
        let source: EntryStatus?
        let mirror: EntryStatus?
    }

    /// Every name of either list, in order.
    static func pairs(_ source: [Entry], _ mirror: [Entry]) -> [Pair] {
        var pairs: [Pair] = []
        pairs.reserveCapacity(max(source.count, mirror.count))
        var rest = mirror[...]
        for entry in source {
            while let first = rest.first, first.name < entry.name {
                pairs.append(Pair(name: first.name, source: nil, mirror: first.status))
                rest.removeFirst()
            }
            let isPresent = rest.first?.name == entry.name
            let other = isPresent ? rest.removeFirst().status : nil
            pairs.append(Pair(name: entry.name, source: entry.status, mirror: other))
        }
        return pairs + rest.map { Pair(name: $0.name, source: nil, mirror: $0.status) }
    }
}
