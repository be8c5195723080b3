internal import LinuxSystem

/// Inodes of some file systems. Neighbors share a word, for file systems number their inodes one after the other.
struct InodeSet {
    private var words: [Inode: UInt64] = [:]

    /// True when it was not there before.
    mutating func insert(_ inode: Inode) -> Bool {
        let bit: UInt64 = 1 << (inode.number % 64)
        let word = Inode(device: inode.device, number: inode.number / 64)
        let wasThere = words[word, default: 0] & bit != 0
        if !wasThere { words[word, default: 0] |= bit }
        return !wasThere
    }

    func contains(_ inode: Inode) -> Bool {
        guard let word = words[Inode(device: inode.device, number: inode.number / 64)] else { return false }
        return word & 1 << (inode.number % 64) != 0
    }
}

/// One inode of a file system.
struct Inode: Hashable {
    let device: UInt64
    let number: UInt64
}

extension Inode {
    init(_ status: EntryStatus) {
        self.init(device: status.device, number: status.inode)
    }
}

extension EntryStatus {
    /// True for the same inode, also in a snapshot of its file system: there it has another device number, but the time
    /// of its birth. The roots of two file systems that were made in the same second may have that in common, too, so owner
    /// and permissions count.
    func isSnapshot(of other: EntryStatus) -> Bool {
        if inode != other.inode { return false }
        if device == other.device { return true }
        return born != nil && born == other.born && permissions == other.permissions && uid == other.uid
            && gid == other.gid
    }
}
