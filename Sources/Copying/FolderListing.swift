internal import LinuxSystem
internal import SystemPackage

/// The entries of one folder, read whole and sorted by name.
struct FolderListing: Sendable {
    /// What is asked for.
    enum Scope: Sendable {
        case status
        case statusAndAttributes
    }

    /// What is known of an entry's extended attributes.
    enum Attributes: Sendable {
        case unknown
        case none
    }

    struct Entry: Sendable {
        let name: FileName
        let status: EntryStatus
        var attributes = Attributes.unknown
    }

    struct Failure: Sendable {
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

    /// An empty one.
    init() {}

    /// Reads `folder`. What fails is kept beside what does not. `didLook` is called after each entry.
    ///
    /// Entries are looked at in the order of their inodes: where disks spin, that is the order on the disk.
    ///
    /// - Parameter place: the thread's own working directory, which is left in the folder.
    init(
        of folder: SharedDescriptor,
        _ scope: Scope = .status,
        in place: WorkingFolder? = nil,
        didLook: () -> Void = {}
    ) {
        var listed: [(name: FileName, inode: UInt64)] = []
        do {
            try folder.descriptor.forEachEntry { listed.append(($0, $1)) }
        } catch {
            listFailure = error
        }
        listed.sort { $0.inode < $1.inode }
        var here: WorkingFolder?
        if scope == .statusAndAttributes, let place, place.enter(folder.descriptor) { here = place }
        entries.reserveCapacity(listed.count)
        for (name, _) in listed {
            do {
                var entry = Entry(name: name, status: try folder.descriptor.status(of: name))
                switch scope {
                case .status: break
                case .statusAndAttributes:
                    // Trouble with them is told by whoever reads them, ignoring.
                    let attributes =
                        here.map { AttributePlace(name, in: $0) }
                        ?? AttributePlace(name, in: folder.descriptor)
                    let names = try? attributes.names()
                    if let names, names.isEmpty { entry.attributes = .none }
                }
                entries.append(entry)
            } catch {
                failures.append(Failure(name: name, error: error))
            }
            didLook()
        }
        entries.sort { $0.name < $1.name }
    }
}

/// Two sorted lists of one folder, walked side by side.
struct ListingPairs {
    private let source: [FolderListing.Entry]
    private let mirror: [FolderListing.Entry]
    private var sourceIndex = 0
    private var mirrorIndex = 0

    init(_ source: [FolderListing.Entry], _ mirror: [FolderListing.Entry]) {
        self.source = source
        self.mirror = mirror
    }

    /// The next name in order, and what either side has under it; nil at the end.
    mutating func next() -> (name: FileName, source: FolderListing.Entry?, mirror: FolderListing.Entry?)? {
        let left = sourceIndex < source.count ? source[sourceIndex] : nil
        let right = mirrorIndex < mirror.count ? mirror[mirrorIndex] : nil
        guard let left else {
            mirrorIndex += 1
            return right.map { ($0.name, nil, $0) }
        }
        guard let right else {
            sourceIndex += 1
            return (left.name, left, nil)
        }
        if left.name == right.name {
            sourceIndex += 1
            mirrorIndex += 1
            return (left.name, left, right)
        }
        if left.name < right.name {
            sourceIndex += 1
            return (left.name, left, nil)
        }
        mirrorIndex += 1
        return (right.name, nil, right)
    }
}
