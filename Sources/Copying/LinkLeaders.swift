internal import LinuxSystem

/// Which groups of names have a file on the destination, to which the other names are linked, and where it is.
///
/// It is kept for every file with several names, so it is small: where the first name is, the plan's steps say.
struct LinkLeaders {
    /// Whether a group has a file.
    private var areThere: [Bool] = []
    /// Names that took the place of the planned ones.
    private var others: [Int: LinkTable.Leader] = [:]

    var groupCount: Int { areThere.count }

    mutating func addGroup(isThere: Bool) {
        areThere.append(isThere)
    }

    /// The name to which others are linked; nil when its contents are not there yet.
    func leader(of group: Int, planned: LinkTable.Leader) -> LinkTable.Leader? {
        areThere[group] ? others[group] ?? planned : nil
    }

    /// The group's file has its contents and its name.
    mutating func didPlace(_ group: Int) {
        areThere[group] = true
    }

    /// From now on it is another name, which is on the destination or not yet.
    mutating func choose(_ leader: LinkTable.Leader, of group: Int, isThere: Bool) {
        others[group] = leader
        areThere[group] = isThere
    }
}
