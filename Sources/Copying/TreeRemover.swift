internal import LinuxSystem
internal import SystemPackage

/// Removes a folder with everything in it, depth first with a stack of its own.
struct TreeRemover {
    private var cursor: DirectoryCursor
    private let ability: Ability
    /// Entries removed.
    private(set) var count = 0

    init(in folder: SharedDescriptor, ability: Ability) {
        cursor = DirectoryCursor(root: folder, resolution: .beneath)
        self.ability = ability
    }

    /// Removes `name` and what is below in one go.
    static func remove(
        _ name: FileName,
        kind: EntryKind,
        in folder: SharedDescriptor,
        _ ability: Ability
    ) throws(SystemError) {
        var remover = TreeRemover(in: folder, ability: ability)
        do {
            try remover.remove(name, kind: kind) {}
        } catch {
            switch error {
            case .entry(let error): throw error
            case .run: fatalError("a removal whose callback throws nothing is not ended by it")
            }
        }
    }

    /// Removes `name` and what is below. `didRemove` is called after each entry; what it throws ends the work.
    mutating func remove(
        _ name: FileName,
        kind: EntryKind,
        didRemove: () throws(CopyError) -> Void
    ) throws(RemovalFailure) {
        guard kind == .directory else {
            try call { (folder) throws(SystemError) in try folder.descriptor.unlink(name) }
            count += 1
            return
        }
        var stack = [(name: name, entries: try enter(name))]
        while let top = stack.last {
            guard let entry = top.entries.last else {
                stack.removeLast()
                cursor.leave()
                try call { (folder) throws(SystemError) in try folder.descriptor.removeDirectory(top.name) }
                count += 1
                continue
            }
            stack[stack.count - 1].entries.removeLast()
            if entry.status.kind == .directory {
                stack.append((entry.name, try enter(entry.name)))
            } else {
                try call { (folder) throws(SystemError) in try folder.descriptor.unlink(entry.name) }
                count += 1
            }
            do { try didRemove() } catch { throw .run(error) }
        }
    }

    private mutating func enter(_ name: FileName) throws(RemovalFailure) -> [FolderListing.Entry] {
        do throws(SystemError) {
            let folder = try cursor.enter(name)
            if !ability.setsOwners { try folder.descriptor.setPermissions(0o700) }
            let listing = FolderListing(of: folder)
            if let failure = listing.listFailure { throw failure }
            // What cannot be looked at cannot be removed: its own error says why, not the folder's that it keeps.
            if let failure = listing.failures.first(where: { !$0.isVanished }) { throw failure.error }
            return listing.entries
        } catch {
            throw .entry(error)
        }
    }

    private mutating func call(
        _ body: (SharedDescriptor) throws(SystemError) -> Void
    ) throws(RemovalFailure) {
        do {
            try body(try cursor.current())
        } catch {
            // Gone is gone.
            if error.errno != .noSuchFileOrDirectory { throw .entry(error) }
        }
    }
}

/// Why a removal stopped.
enum RemovalFailure: Error {
    /// An entry could not be removed.
    case entry(SystemError)
    /// The run ends.
    case run(CopyError)
}
