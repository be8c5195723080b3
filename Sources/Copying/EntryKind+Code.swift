internal import LinuxSystem

/// Kinds of entries in files: the numbers never change.
extension EntryKind {
    /// A number that stands for the kind.
    var code: UInt8 {
        switch self {
        case .file: 1
        case .directory: 2
        case .symbolicLink: 3
        case .fifo: 4
        case .socket: 5
        case .characterDevice: 6
        case .blockDevice: 7
        }
    }

    /// The kind for which a number stands.
    init?(code: UInt8) {
        switch code {
        case 1: self = .file
        case 2: self = .directory
        case 3: self = .symbolicLink
        case 4: self = .fifo
        case 5: self = .socket
        case 6: self = .characterDevice
        case 7: self = .blockDevice
        default: return nil
        }
    }
}
