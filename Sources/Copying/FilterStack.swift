/// The rules that hold at one place of a walk, depth first, through a source: those of an `EntrySelection` and those
/// that the folders on the way say.
///
/// The walk calls `enter` for the root and every folder that it goes into, and `leave` when it is done there. What is
/// asked for in between lies directly in the innermost folder. The source's folders decide for both sides: for a folder
/// that only the destination has, enter it with `.none`.
///
/// A value: a worker that takes over a folder takes a copy along.
struct FilterStack: Sendable {
    /// A folder that says something.
    private struct Frame {
        let depth: Int
        /// Where paths below the folder begin.
        let base: Int
        let rules: FilterRules
        let dropsOuterRules: Bool
    }

    private let reserved: FilterRules
    private let rules: FilterRules
    private let carriesEveryName: Bool
    private var depth = 0
    private var frames: [Frame] = []
    /// Depths of folders whose rules are unusable.
    private var unusable: [Int] = []
    /// The depth of a tagged cache that is left empty; nothing below it is entered.
    private var emptyDepth: Int?

    /// The rules before the root is entered.
    init(_ selection: EntrySelection) {
        reserved = selection.reserved
        rules = selection.rules
        carriesEveryName = selection.carriesEveryName
    }

    /// True when nothing may be deleted here: rules of this folder or one above cannot be used, and nobody knows
    /// what they protect.
    var forbidsDeletions: Bool { !unusable.isEmpty }

    /// Goes into a folder.
    ///
    /// - Parameters:
    ///   - pathLength: the length of the folder's path from the root with a slash behind it; 0 for the root.
    ///   - marks: what the source's folder says.
    mutating func enter(pathLength: Int, _ marks: FolderMarks) {
        depth += 1
        if marks.isLeftEmpty { emptyDepth = depth }
        switch marks.rules {
        case .none:
            break
        case .file(let file):
            frames.append(
                Frame(
                    depth: depth,
                    base: pathLength,
                    rules: file.rules,
                    dropsOuterRules: file.dropsOuterRules
                )
            )
        case .unusable:
            unusable.append(depth)
        }
    }

    /// Goes back to the folder above.
    mutating func leave() {
        if frames.last?.depth == depth { frames.removeLast() }
        if unusable.last == depth { unusable.removeLast() }
        if emptyDepth == depth { emptyDepth = nil }
        depth -= 1
    }

    /// True when the entry at `path`, relative to the root and without a slash in front, is left out.
    func excludes(_ path: [UInt8], isDirectory: Bool) -> Bool {
        excludes(path.span, isDirectory: isDirectory)
    }

    /// True when the entry at `path`, relative to the root and without a slash in front, is left out. Nothing is
    /// allocated.
    func excludes(_ path: Span<UInt8>, isDirectory: Bool) -> Bool {
        if carriesEveryName { return false }
        let name = FilterRule.nameStart(in: path)
        if let effect = reserved.effect(on: path, nameAt: name, isDirectory: isDirectory) {
            return effect == .exclude
        }
        if emptyDepth != nil, !CacheTag.isName(path, at: name) { return true }
        if let effect = rules.effect(on: path, nameAt: name, isDirectory: isDirectory) {
            return effect == .exclude
        }
        var index = frames.count
        while index > 0 {
            index -= 1
            let base = frames[index].base
            let effect = frames[index].rules.effect(
                on: path,
                nameAt: name,
                anchoredAt: base,
                isDirectory: isDirectory
            )
            if let effect { return effect == .exclude }
            if frames[index].dropsOuterRules { return false }
        }
        return false
    }
}
