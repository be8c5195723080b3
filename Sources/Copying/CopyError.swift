public import LinuxSystem
internal import SystemPackage

/// Why copying ended before its end. What was under its final name by then is whole, old or new.
public enum CopyError: Error, Hashable, Sendable {
    /// The source's root cannot be read.
    case sourceFailed(SystemError)
    /// The destination's device or file system failed or went away; nothing was deleted after that.
    case destinationFailed(SystemError)
    /// The destination is full, or a quota is.
    case noSpace(SystemError)
    /// The process may open no more files, or has no memory.
    case outOfResources(SystemError)
    /// The file in which a large plan waits could not be written or read.
    case workFileFailed(SystemError)
    /// The description of the destination cannot be read or written.
    case manifestFailed(ManifestError)
    /// Somebody requested the interruption.
    case interrupted
}

extension CopyError: CustomStringConvertible {
    /// One line for people.
    public var description: String {
        switch self {
        case .sourceFailed(let error): "the source cannot be read: \(error)"
        case .destinationFailed(let error): "the destination failed: \(error)"
        case .noSpace(let error): "the destination is full: \(error)"
        case .outOfResources(let error): "the process is out of resources: \(error)"
        case .workFileFailed(let error): "the plan cannot be kept on this machine: \(error)"
        case .manifestFailed(let error): error.description
        case .interrupted: "interrupted"
        }
    }
}

extension CopyError {
    /// What an error of a call on the destination means for the whole run; nil when it concerns one entry only.
    init?(onDestination error: SystemError) {
        switch error.errno {
        case .noSpace, Errno(rawValue: 122):  // EDQUOT
            self = .noSpace(error)
        case .ioError, .readOnlyFileSystem, .noSuchAddressOrDevice, .operationNotSupportedByDevice,
            .badMessage, .timedOut, .socketNotConnected, .staleNFSFileHandle,
            Errno(rawValue: 108),  // ESHUTDOWN
            Errno(rawValue: 117),  // EUCLEAN: the file system found itself damaged
            Errno(rawValue: 121),  // EREMOTEIO
            Errno(rawValue: 123):  // ENOMEDIUM
            self = .destinationFailed(error)
        default:
            self.init(ofProcess: error)
        }
    }

    /// What an error of a call on the source means for the whole run; nil when it concerns one entry only.
    init?(onSource error: SystemError) {
        self.init(ofProcess: error)
    }

    private init?(ofProcess error: SystemError) {
        switch error.errno {
        case .tooManyOpenFiles, .tooManyOpenFilesInSystem, .noMemory: self = .outOfResources(error)
        default: return nil
        }
    }
}
