internal import LinuxSystem
internal import SystemPackage

/// What a file bears while it is changed in place: its contents are neither the old nor the new ones.
///
/// An attribute, for it stays whatever is written: it goes with the source's metadata, when the new contents are durable.
/// And a time that no source has, since blocks may reach the disk before the time of their writing does: under the old
/// time the file would look whole to everybody. From the first block on the file has the time of its writing, which is
/// that of the source only if that was changed in the same moment; the attribute tells the difference.
enum TornMark {
    static let attribute: FileName = "user.extbackup.torn"

    /// 1970-01-01 23:59:59.123456787.
    static let time = FileTime(seconds: 86_399, nanoseconds: 123_456_787)

    /// False where the file takes no attribute.
    static func set(on file: borrowing Descriptor) throws(SystemError) -> Bool {
        do {
            try AttributePlace(of: file).set(attribute, to: Array("1".utf8))
            return true
        } catch {
            switch error.errno {
            case .notSupported, .notPermitted, .permissionDenied, .noSpace: return false
            default: throw error
            }
        }
    }

    static func isOn(_ place: AttributePlace) throws(SystemError) -> Bool {
        try place.value(attribute) != nil
    }
}
