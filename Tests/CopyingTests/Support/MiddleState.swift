import LinuxSystem

/// What a destination may look like between an old and a new state, whatever stopped the run.
struct MiddleState {
    private let old: TreeFacts
    private let new: TreeFacts
    private let oldContents: Set<String>

    init(old: TreeFacts, new: TreeFacts) {
        self.old = old
        self.new = new
        oldContents = Set(old.contents.values)
    }

    /// What should not be, one line each: contents that are neither old nor new, names of both states that are gone,
    /// and old versions that are neither there nor in the folder for them, if there is one.
    func problems(in middle: TreeFacts, kept: TreeFacts? = nil) -> [String] {
        var problems: [String] = []
        for (path, contents) in middle.contents where !Self.isUnfinished(path) {
            // What was moved may hold what it held in its old place.
            let mayBeMoved = old.contents[path] == nil && oldContents.contains(contents)
            if contents != old.contents[path] && contents != new.contents[path] && !mayBeMoved {
                problems.append("\(path) is neither old nor new: \(contents)")
            }
        }
        for (path, contents) in old.contents where new.contents[path] != nil && middle.contents[path] == nil {
            if kept?.contents[path] != contents { problems.append("\(path) is in both states and gone") }
        }
        if let kept { problems += lostVersions(in: middle, kept: kept) }
        return problems.sorted()
    }

    /// Contents that were only moved, and are nowhere: when a run did not come to its end it has removed nothing yet.
    func lostMoves(in middle: TreeFacts, kept earlier: TreeFacts? = nil) -> [String] {
        let kept = Set(middle.contents.values).union(earlier.map { Array($0.contents.values) } ?? [])
        let wanted = Set(new.contents.values)
        return old.contents.filter { path, contents in
            new.contents[path] == nil && wanted.contains(contents) && !kept.contains(contents)
        }.map { "what \($0.key) held was moved and is nowhere" }
    }

    /// Old versions that are not in their place, where they were moved, or in the folder for them.
    func lostVersions(in middle: TreeFacts, kept: TreeFacts) -> [String] {
        let present = Set(middle.contents.values)
        let wanted = Set(new.contents.values)
        return old.contents.filter { path, contents in
            middle.contents[path] != contents && kept.contents[path] != contents
                && !(wanted.contains(contents) && present.contains(contents))
        }.map { "what \($0.key) held is kept nowhere" }.sorted()
    }

    /// True for what a run hides until it is whole, and for what is in such a folder.
    static func isUnfinished(_ path: FileName) -> Bool {
        path.bytes.split(separator: UInt8(ascii: "/")).contains { $0.starts(with: ".extbackup-tmp-".utf8) }
    }
}
