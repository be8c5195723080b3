internal import LinuxSystem
internal import SystemPackage

/// A place in a tree that moves one folder at a time, every step relative to the folder before it.
///
/// Paths may be longer than `PATH_MAX` and trees deeper than the process may open files: only the last
/// folders of the way are kept open, and a folder further up is opened again from the root when the place
/// comes back to it. No step follows a symbolic link or leaves the root.
struct DirectoryCursor {
    private struct Level {
        let name: FileName
        /// The length of the path up to here, without a slash behind it.
        let pathLength: Int
        var open: SharedDescriptor?
    }

    private static let openLevels = 32
    private let resolution: Resolution
    private var levels: [Level]
    private var path: [UInt8] = []

    /// Starts at `root`, which has the empty path.
    init(root: SharedDescriptor, resolution: Resolution) {
        levels = [Level(name: FileName(), pathLength: 0, open: root)]
        self.resolution = resolution
    }

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
            folder = try folder.openFolder(levels[index].name, resolve: resolution)
            if index >= levels.count - Self.openLevels { levels[index].open = folder }
        }
        return folder
    }

    /// Goes down into `name`. On an error the cursor stays where it is.
    @discardableResult
    mutating func enter(_ name: FileName) throws(SystemError) -> SharedDescriptor {
        let folder = try current().openFolder(name, resolve: resolution)
        enter(name, opened: folder)
        return folder
    }

    /// Goes down into `name`, which somebody has opened already.
    mutating func enter(_ name: FileName, opened folder: SharedDescriptor) {
        if !path.isEmpty { path.append(slash) }
        path += name.bytes
        levels.append(Level(name: name, pathLength: path.count, open: folder))
        let closing = levels.count - 1 - Self.openLevels
        if closing > 0 { levels[closing].open = nil }
    }

    /// Goes back up.
    mutating func leave() {
        precondition(levels.count > 1, "a cursor does not leave its root")
        levels.removeLast()
        path.removeLast(path.count - levels[levels.count - 1].pathLength)
    }

    /// Goes to the folder at `target`, a path from the root. On an error the cursor is somewhere on the way.
    mutating func move(to target: FileName) throws(SystemError) -> SharedDescriptor {
        let wanted = target.bytes
        if wanted == path { return try current() }
        while !Self.isOnTheWay(path, to: wanted) { leave() }
        let rest = path.isEmpty ? wanted[...] : wanted[path.count...].dropFirst()
        for part in rest.split(separator: slash) { try enter(FileName(bytes: Array(part))) }
        return try current()
    }

    private static func isOnTheWay(_ path: [UInt8], to target: [UInt8]) -> Bool {
        if path.isEmpty { return true }
        if !target.starts(with: path) { return false }
        return target.count == path.count || target[path.count] == slash
    }
}

extension SharedDescriptor {
    /// Opens a folder for reading, if possible without touching its access time.
    func openFolder(_ name: FileName, resolve: Resolution) throws(SystemError) -> SharedDescriptor {
        SharedDescriptor(
            try descriptor.open(
                name,
                [.directory, .noAccessTime],
                orWithout: .noAccessTime,
                resolve: resolve
            )
        )
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
