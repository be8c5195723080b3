internal import LinuxSystem

/// Earlier copies on the destination's file system: what they have unchanged is linked from them, not copied.
///
/// Nothing in them is ever written. A file of the destination that is one with a file of theirs is therefore replaced
/// where any other would be repaired or changed in place.
struct ReferenceTrees {
    private struct Tree {
        let device: UInt64
        var cursor: DirectoryCursor
        /// The folder that was asked for last; nil when the tree does not have it.
        var path: FileName?
        var folder: SharedDescriptor?
    }

    private var trees: [Tree] = []

    init(_ roots: [SharedDescriptor]) throws(SystemError) {
        for root in roots {
            let cursor = DirectoryCursor(root: root, resolution: .beneath)
            trees.append(Tree(device: try root.descriptor.status().device, cursor: cursor))
        }
    }

    var indices: Range<Int> { trees.indices }

    /// The folder at `path` in a tree; nil when there is none that can be opened.
    mutating func folder(_ tree: Int, at path: FileName) throws(CopyError) -> SharedDescriptor? {
        if trees[tree].path == path { return trees[tree].folder }
        trees[tree].path = path
        trees[tree].folder = nil
        do {
            trees[tree].folder = try trees[tree].cursor.move(to: path)
        } catch {
            if let fatal = CopyError(onDestination: error) { throw fatal }
        }
        return trees[tree].folder
    }

    /// What a tree has under the name; nil when it has nothing there that can be linked.
    mutating func status(
        of name: FileName,
        at path: FileName,
        in tree: Int
    ) throws(CopyError) -> EntryStatus? {
        guard let folder = try folder(tree, at: path) else { return nil }
        do {
            let status = try folder.descriptor.status(of: name)
            // Links do not lead to another file system, nor to another subvolume.
            return status.device == trees[tree].device ? status : nil
        } catch {
            if let fatal = CopyError(onDestination: error) { throw fatal }
            return nil
        }
    }
}

extension EntryMetadata {
    /// True when an entry of one status can stand for one of the other, as far as that tells.
    static func areAlike(_ source: EntryStatus, _ other: EntryStatus, _ ability: Ability) -> Bool {
        if source.kind != other.kind { return false }
        switch source.kind {
        case .directory: return false
        case .file, .symbolicLink: if source.size != other.size { return false }
        case .characterDevice, .blockDevice: if source.deviceNumber != other.deviceNumber { return false }
        case .fifo, .socket: break
        }
        return statusDifferences(source, other, ability).isEmpty
    }
}
