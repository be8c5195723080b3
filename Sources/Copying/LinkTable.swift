internal import LinuxSystem

/// Files with several names on either side.
///
/// The mirror's groups must be the source's groups: names that are one file there are one file here, and names that are
/// two files there are two here. Only entries with more than one name are kept.
struct LinkTable {
    /// One inode of a file system.
    struct Inode: Hashable {
        let device: UInt64
        let number: UInt64

        init(_ status: EntryStatus) {
            device = status.device
            number = status.inode
        }
    }

    /// One name.
    struct Member {
        let folder: FileName
        /// The folder's number in the manifest.
        let number: FolderNumber
        /// That of the folder above.
        let parent: FolderNumber
        let name: FileName
        let source: EntryStatus
        /// What the destination has there, of the same kind.
        let mirror: EntryStatus?
        let replaced: PlannedStep.Replaced
        /// How it differs from the source.
        let differences: Differences

        /// True when the manifest says all this already.
        let isKnown: Bool

        /// Contents, or the target of a link.
        var contentsEqual: Bool { !differences.contains(.contents) }
        /// Everything.
        var isEqual: Bool { differences.isEmpty }

        func isSameName(as other: Member) -> Bool {
            name == other.name && folder == other.folder
        }

        func isOn(_ inode: Inode?) -> Bool {
            guard let inode, let mirror else { return false }
            return Inode(mirror) == inode
        }
    }

    /// The name from which the others of a group are made, once it holds the contents.
    struct Leader {
        let folder: FileName
        let number: FolderNumber
        let name: FileName
    }

    private var groups: [[Member]] = []
    private var groupOfInode: [Inode: Int] = [:]
    /// What came of reading a file once more; all its names share it.
    var reread: [Inode: Differences] = [:]

    mutating func add(_ member: Member) {
        let inode = Inode(member.source)
        if let group = groupOfInode[inode] {
            groups[group].append(member)
        } else {
            groupOfInode[inode] = groups.count
            groups.append([member])
        }
    }

    /// Decides for each group which file of the destination it keeps, and calls `body` with every step to make.
    ///
    /// A file of the destination is kept by one group only. It is not repaired in place when it has names that are not
    /// of the group: those would change with it.
    ///
    /// - Returns: the leader of each group that keeps a file; nil where the first name is written anew.
    func resolve(_ body: (Member, PlannedStep.Action) -> Void) -> [Leader?] {
        var claimed: Set<Inode> = []
        var leaders: [Leader?] = []
        for (index, members) in groups.enumerated() {
            let kept = Self.keptMember(of: members, claimed)
            var keptInode: Inode?
            if let kept, let mirror = kept.mirror {
                keptInode = Inode(mirror)
                claimed.insert(Inode(mirror))
                if !kept.isEqual { body(kept, .repair) }
                for member in members where member.isOn(keptInode) {
                    // The names that are repaired with the first one are not what the manifest knew of them.
                    if kept.isEqual ? member.isKnown : member.isSameName(as: kept) { continue }
                    body(member, .record(child: FolderNumber(rawValue: 0)))
                }
            }
            leaders.append(kept.map { Leader(folder: $0.folder, number: $0.number, name: $0.name) })
            var hasLeader = kept != nil
            for member in members where !member.isOn(keptInode) {
                if hasLeader {
                    let action = PlannedStep.Action.link(
                        group: index,
                        replacing: member.replaced,
                        size: member.source.size,
                        mirrorIsEqual: member.isEqual
                    )
                    body(member, action)
                } else {
                    hasLeader = true
                    body(
                        member,
                        .copy(replacing: member.replaced, size: member.source.size, group: index)
                    )
                }
            }
        }
        return leaders
    }

    private static func keptMember(of members: [Member], _ claimed: Set<Inode>) -> Member? {
        var names: [Inode: Int] = [:]
        for member in members {
            if let mirror = member.mirror { names[Inode(mirror), default: 0] += 1 }
        }
        var best: Member?
        for member in members where member.contentsEqual {
            guard let mirror = member.mirror else { continue }
            let inode = Inode(mirror)
            if claimed.contains(inode) { continue }
            if member.isEqual { return member }
            if best == nil && Int(mirror.linkCount) <= names[inode, default: 0] { best = member }
        }
        return best
    }
}
