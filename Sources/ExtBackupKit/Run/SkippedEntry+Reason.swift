import Copying
import LinuxSystem

extension SkippedEntry.Reason {
    /// Why, for a line that names the entry already.
    var text: String {
        switch self {
        case .unreadable(let error): "cannot be read: \(error.reason)"
        case .changedWhileRead: "changed while it was read"
        case .refused(let error): "the drive does not take it: \(error.reason)"
        case .attributeRefused(let error): "copied without an attribute: \(error.reason)"
        case .holdsExcluded: "would replace a folder that holds excluded entries"
        case .folderInTheWay: "a folder with contents is in the way"
        case .reservedName: "the drive needs this name for itself"
        case .isDestination: "is the drive itself"
        case .unusableRules(let error): "\(error); its rules are not used"
        }
    }
}
