internal import LinuxSystem
internal import SystemPackage

/// A place in a tree that moves one folder at a time, every step relative to the folder before it.
///
/// Paths may be longer than `PATH_MAX` and trees deeper than the process may open files: only the last
/// folders of the way are kept open, and a folder further up is opened again from the root when the place
/// comes back to it. No step follows a symbolic link or leaves the root.
struct DirectoryCursor {
    private struct Level {
        let id: Int
        let name: FileName
        var open: SharedDescriptor?
    }

    private static let openLevels = 32
    private let resolution: Resolution
    private var levels: [Level]

    /// Starts at `root`, which has the number `id`.
    init(root: SharedDescriptor, id: Int = 0, resolution: Resolution) {
        levels = [Level(id: id, name: FileName(), open: root)]
        self.resolution = resolution
    }

    /// The number of the folder where the cursor is.
    var id: Int { levels[levels.count - 1].id }

    /// How many folders below the root the cursor is.
    var depth: Int { levels.count - 1 }

    /// The folder where the cursor is.
    mutating func current() throws(SystemError) -> SharedDescriptor {
        if let open = levels[levels.count - 1].open { return open }
        guard var index = levels.lastIndex(where: { $0.open != nil }), var folder = levels[index].open else {
            fatalError("the root of a cursor is always open")
        }
        while index < levels.count - 1 {
            index += 1
            folder = SharedDescriptor(
                try folder.descriptor.open(levels[index].name, .directory, resolve: resolution)
            )
            if index >= levels.count - Self.openLevels { levels[index].open = folder }
        }
        return folder
    }

    /// Goes down into `name`. On an error the cursor stays where it is.
    @discardableResult
    mutating func enter(_ name: FileName, id: Int = 0) throws(SystemError) -> SharedDescriptor {
        let parent = try current()
        let folder = SharedDescriptor(
            try parent.descriptor.open(
                name,
                [.directory, .noAccessTime],
                orWithout: .noAccessTime,
                resolve: resolution
            )
        )
        levels.append(Level(id: id, name: name, open: folder))
        let closing = levels.count - 1 - Self.openLevels
        if closing > 0 { levels[closing].open = nil }
        return folder
    }

    /// Goes back up.
    mutating func leave() {
        precondition(levels.count > 1, "a cursor does not leave its root")
        levels.removeLast()
    }

    /// Goes to the folder `target` of a list in which parents come before their children.
    mutating func move(
        to target: Int,
        in folders: [PlannedFolder]
    ) throws(SystemError) -> SharedDescriptor {
        var way: [Int] = []
        var next = target
        while true {
            while id > next { leave() }
            if id == next { break }
            way.append(next)
            next = folders[next].parent
        }
        for step in way.reversed() { try enter(folders[step].name, id: step) }
        return try current()
    }
}

extension Descriptor {
    /// Opens `name`, and again without `flag` when the file's owner is another and we may not use it.
    func open(
        _ name: FileName,
        _ flags: OpenFlags,
        orWithout flag: OpenFlags,
        resolve: Resolution
    ) throws(SystemError) -> Descriptor {
        do {
            return try open(name, flags, resolve: resolve)
        } catch {
            if error.errno != .notPermitted { throw error }
        }
        return try open(name, flags.subtracting(flag), resolve: resolve)
    }
}
