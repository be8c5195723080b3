internal import LinuxSystem

/// A folder in which something is to be done, or below which something is.
///
/// The plan is a list of them in which parents come before their children, so that paths of any length are
/// chains of numbers.
struct PlannedFolder {
    enum State {
        /// It is on the destination.
        case present
        /// It is made.
        case new
        /// It is made in the place of something that is no folder.
        case replacesEntry
    }

    let parent: Int
    let name: FileName
    var state: State
    /// Its metadata are repaired, apart from its time, which every change inside touches.
    var metadataDiffers: Bool
    var steps: [PlannedStep] = []
    /// Something in it could not be read: nothing in it is removed.
    var hasUnreadable = false
    /// Its metadata are not touched: the mirror of a folder that could not be read or that is not ours.
    var isRetained = false

    /// True when the folder's metadata are set at the end: it is made, repaired, or its time was touched.
    var needsFinish: Bool { state != .present || metadataDiffers || !steps.isEmpty }
}

/// Something to be done with one name in a folder.
struct PlannedStep {
    /// What the destination has under the name.
    enum Replaced {
        case nothing
        /// Something that a rename replaces in one step.
        case entry
        case emptyFolder
        /// A folder with contents: a deletion, which may be held.
        case folder
    }

    enum Action {
        /// New contents, or a new symbolic link, device, FIFO or socket. `group` is set for the first of several
        /// names.
        case copy(replacing: Replaced, size: Int64, group: Int?)
        /// Metadata alone.
        case repair
        /// Another name of a file of the group. `mirrorIsEqual`: what is there is an equal copy that will do when
        /// the file system allows no more names.
        case link(group: Int, replacing: Replaced, size: Int64, mirrorIsEqual: Bool)
        /// Removed with everything in it.
        case remove
        /// What a killed run left behind.
        case removeLeftover
    }

    let name: FileName
    let kind: EntryKind
    let action: Action
}

/// Names that the copier gives to what is not finished, in the folder where it will be.
enum TemporaryName {
    private static let prefix = Array(".extbackup-tmp-".utf8)

    static func random() -> FileName {
        let digits = String(UInt64.random(in: 0 ... .max), radix: 16)
        return FileName(".extbackup-tmp-" + String(repeating: "0", count: 16 - digits.count) + digits)
    }

    static func matches(_ name: FileName) -> Bool {
        name.bytes.count == prefix.count + 16 && name.bytes.starts(with: prefix)
            && name.bytes.dropFirst(prefix.count).allSatisfy { "0123456789abcdef".utf8.contains($0) }
    }
}

extension [PlannedFolder] {
    /// The path of `name` in the folder with this number, from the root.
    func path(of folder: Int, _ name: FileName = FileName()) -> FileName {
        var parts: [FileName] = name.isEmpty ? [] : [name]
        var next = folder
        while next > 0 {
            parts.append(self[next].name)
            next = self[next].parent
        }
        return FileName(bytes: parts.reversed().map(\.bytes).joined(separator: [slash]))
    }
}
