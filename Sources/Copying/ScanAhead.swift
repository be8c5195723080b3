internal import LinuxSystem

/// A folder to be read, on both sides.
struct ScanTask: Sendable {
    let name: FileName
    /// The folder above on the source.
    let source: SharedDescriptor
    /// The folder above on the destination; nil where there is nothing to compare with, or a manifest tells.
    let mirror: SharedDescriptor?
}

/// What was found in a folder.
struct ScannedFolder: Sendable {
    struct Side: Sendable {
        let folder: SharedDescriptor
        let listing: FolderListing
    }

    let source: Result<Side, SystemError>
    let mirror: Result<Side, SystemError>?
}

/// Reads folders before the walk comes to them, on threads of their own.
///
/// A walk that looks at one entry after the other waits for the disk most of the time while nothing is in the cache;
/// four threads make it twice as fast. How much is read ahead is limited, so that memory does not grow with the tree.
///
/// Whoever made it must `stop()` it: the threads hold both sides open.
final class ScanAhead: Sendable {
    private struct State: Sendable {
        var waiting: [(number: Int, task: ScanTask)] = []
        var running: Set<Int> = []
        var done: [Int: ScannedFolder] = [:]
        var nextNumber = 0
        /// The folder that the walk waits for.
        var wanted: Int?
        var threads = 0
        var isClosed = false

        var outstanding: Int { waiting.count + running.count + done.count }
    }

    private static let threadCount = 4
    private static let limit = 64
    /// Folders whose own size says that they hold tens of thousands of entries are not kept waiting in memory.
    private static let sizeLimit: Int64 = 1 << 20

    let reader: FolderReader
    private let state = Monitor(State())

    init(_ reader: FolderReader) {
        self.reader = reader
        state.change { $0.threads = Self.threadCount }
        let state = state
        for number in 1...Self.threadCount {
            Thread.start(named: "scan-\(number)", atEnd: { state.change { $0.threads -= 1 } }) {
                Self.work(state, reader)
            }
        }
    }

    private static func work(_ state: Monitor<State>, _ reader: FolderReader) {
        let place = WorkingFolder.ofThisThread()
        defer { place?.leave() }
        while true {
            let next = state.waitAndChange(
                atMost: .seconds(3600),
                waking: .nobody
            ) { state -> (Int, ScanTask?)? in
                if state.isClosed { return (0, nil) }
                if state.waiting.isEmpty { return nil }
                let (number, task) = state.waiting.removeFirst()
                state.running.insert(number)
                return (number, task)
            }
            guard let next else { continue }
            guard let task = next.1 else { return }
            let folder = reader.read(task, in: place)
            let isWanted = state.change(waking: .nobody) { state in
                state.running.remove(next.0)
                if !state.isClosed { state.done[next.0] = folder }
                return state.wanted == next.0
            }
            if isWanted { state.change { $0.wanted = nil } }
        }
    }

    /// Asks for a folder whose directory has `size` bytes; nil when enough is on its way.
    func request(_ task: ScanTask, size: Int64) -> Int? {
        if size > Self.sizeLimit { return nil }
        // Who asks is who collects: only threads that want work are waiting.
        return state.change(waking: .one) { state in
            if state.outstanding >= Self.limit { return nil }
            let number = state.nextNumber
            state.nextNumber += 1
            state.waiting.append((number, task))
            return number
        }
    }

    var isFull: Bool { state.current.outstanding >= Self.limit }

    /// Waits for what was asked for. The walk does not read it by itself: the threads have the faster way to attributes.
    func collect(_ number: Int) -> ScannedFolder {
        while true {
            let found = state.waitAndChange(atMost: .seconds(3600), waking: .nobody) {
                state -> ScannedFolder? in
                if let folder = state.done.removeValue(forKey: number) { return folder }
                // It may have been asked for after folders that come later.
                if let index = state.waiting.firstIndex(where: { $0.number == number }) {
                    state.waiting.insert(state.waiting.remove(at: index), at: 0)
                }
                state.wanted = number
                return nil
            }
            if let found { return found }
        }
    }

    /// Drops what was asked for, and waits until the threads have let go of all folders.
    func stop() {
        state.change {
            $0.isClosed = true
            $0.waiting.removeAll()
            $0.done.removeAll()
        }
        while !state.wait(atMost: .seconds(3600), until: { $0.threads == 0 }) {}
    }
}

/// Opens and lists folders, on any thread.
struct FolderReader: Sendable {
    let sourceResolution: Resolution
    /// Where both sides are compared entry by entry, attributes are asked for at once.
    let scope: FolderListing.Scope

    /// - Parameter place: the working directory of the calling thread, if it has one of its own.
    func read(_ task: ScanTask, in place: WorkingFolder? = nil) -> ScannedFolder {
        ScannedFolder(
            source: open(task.name, in: task.source, sourceResolution, scope(task.mirror), place),
            mirror: task.mirror.map { open(task.name, in: $0, .beneath, scope, place) }
        )
    }

    /// Reads folders that are open already.
    func read(
        source: SharedDescriptor,
        mirror: SharedDescriptor?,
        didLook: () -> Void
    ) -> ScannedFolder {
        ScannedFolder(
            source: .success(list(source, scope(mirror), nil, didLook)),
            mirror: mirror.map { .success(list($0, scope, nil, didLook)) }
        )
    }

    /// What is asked for on the source: where the destination has no such folder, there is nothing to compare with.
    private func scope(_ mirror: SharedDescriptor?) -> FolderListing.Scope {
        mirror == nil ? .status : scope
    }

    private func open(
        _ name: FileName,
        in folder: SharedDescriptor,
        _ resolution: Resolution,
        _ scope: FolderListing.Scope,
        _ place: WorkingFolder?
    ) -> Result<ScannedFolder.Side, SystemError> {
        do throws(SystemError) {
            return .success(list(try folder.openFolder(name, resolve: resolution), scope, place) {})
        } catch {
            return .failure(error)
        }
    }

    private func list(
        _ folder: SharedDescriptor,
        _ scope: FolderListing.Scope,
        _ place: WorkingFolder?,
        _ didLook: () -> Void
    ) -> ScannedFolder.Side {
        ScannedFolder.Side(
            folder: folder,
            listing: FolderListing(of: folder, scope, in: place, didLook: didLook)
        )
    }
}
