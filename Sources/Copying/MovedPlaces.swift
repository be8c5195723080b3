internal import LinuxSystem

/// What a plan remembers of renames: so that nothing is moved twice, removed where it was, or moved away from under
/// something else.
///
/// Where every inode is another one (a source that was restored to another disk) each entry would be remembered. Beyond
/// a limit nothing more is looked for: what has moved besides is copied and removed. What was found until then stays
/// known, as it must not be removed; nothing else relies on this.
struct MovedPlaces {
    /// Some 10 MiB.
    static let limit = 100_000

    private let limit: Int
    /// True when no further move may be planned.
    private(set) var isFull = false
    /// Places whose entries were found elsewhere on the source, and are moved from there.
    private var moved: Set<ManifestPlace> = []
    /// Places where the source has another inode now, which takes over what the destination has there.
    private var takenOver: Set<ManifestPlace> = []
    /// Folders of the destination that give way to something else: nothing in them waits to be moved.
    private var givenUp: Set<FolderNumber> = []

    init(limit: Int) {
        self.limit = limit
    }

    /// True for a place whose entry is moved to another one, so that nothing is left there.
    func isLeft(_ place: ManifestPlace) -> Bool {
        !moved.isEmpty && moved.contains(place)
    }

    /// True when what the destination has in a place may be moved to another one.
    func isFree(_ place: ManifestPlace) -> Bool {
        !isFull && !moved.contains(place) && !takenOver.contains(place) && !givenUp.contains(place.folder)
    }

    mutating func noteMove(from place: ManifestPlace) {
        moved.insert(place)
        checkLimit()
    }

    mutating func noteTakeover(of place: ManifestPlace) {
        if isFull { return }
        takenOver.insert(place)
        checkLimit()
    }

    mutating func giveUp(_ folder: FolderNumber) {
        if isFull { return }
        givenUp.insert(folder)
        checkLimit()
    }

    /// Nothing will be moved any more.
    mutating func close() {
        isFull = true
        // Asked only before something is moved.
        takenOver = []
        givenUp = []
    }

    private mutating func checkLimit() {
        if moved.count + takenOver.count + givenUp.count >= limit { close() }
    }
}
