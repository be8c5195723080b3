import Copying
import LinuxSystem
import Reporting
import SystemPackage

/// The two folders of a copy, opened and checked: neither is the other, and the source is not in the destination.
struct CopyFolders: ~Copyable {
    let source: Descriptor
    let destination: Descriptor
    /// Bytes that are free where the destination is, or will be.
    let available: Int64

    /// Keeps the folder that stands for a destination which a preview must not make.
    private let standIn: EmptyFolder?

    /// True in a preview of a destination that is missing.
    var isDestinationMissing: Bool { standIn != nil }

    /// Opens both. Makes the destination when it is missing, unless this is a preview.
    static func open(_ options: CopyOptions) throws(Failure) -> CopyFolders {
        let source = try openSource(options.source)
        let path = options.destination
        switch options.mode {
        case .copy: try makeIfMissing(path)
        case .preview:
            if !isMissing(path) { break }
            let standIn = try standIn(for: path)
            return CopyFolders(
                source: source,
                destination: try duplicate(standIn.descriptor),
                available: try availableBytes(path.parentFolder, path),
                standIn: standIn
            )
        }
        let destination = try openDestination(path)
        try refuseNesting(source, destination, options)
        return CopyFolders(
            source: source,
            destination: destination,
            available: try availableBytes(path, path),
            standIn: nil
        )
    }

    private static func openSource(_ path: FileName) throws(Failure) -> Descriptor {
        do {
            return try Descriptor.open(path, [.directory, .followLink])
        } catch {
            if error.errno == .notDirectory {
                throw Failure(
                    .usage,
                    "the source \(path) is not a folder",
                    hint: "give the folder that it is in, with --include and --exclude for a part of it"
                )
            }
            throw Failure(
                .sourceMissing,
                "the source \(path) cannot be opened: \(error.reason)",
                hint: "check the path and its disk"
            )
        }
    }

    private static func makeIfMissing(_ path: FileName) throws(Failure) {
        do {
            try Descriptor.createFolder(path, mode: 0o700)
        } catch {
            if error.errno != .fileExists { throw destinationFailure(error, path) }
        }
    }

    private static func isMissing(_ path: FileName) -> Bool {
        do {
            _ = try Descriptor.open(path, [.path, .followLink])
            return false
        } catch {
            return error.errno == .noSuchFileOrDirectory
        }
    }

    private static func openDestination(_ path: FileName) throws(Failure) -> Descriptor {
        do {
            return try Descriptor.open(path, [.directory, .followLink])
        } catch {
            throw destinationFailure(error, path)
        }
    }

    private static func availableBytes(_ place: FileName, _ path: FileName) throws(Failure) -> Int64 {
        do {
            return try Descriptor.open(place, [.directory, .followLink]).availableBytes()
        } catch {
            throw destinationFailure(error, path)
        }
    }

    /// Planning needs a folder to compare with, and a preview must not make one where people look.
    private static func standIn(for path: FileName) throws(Failure) -> EmptyFolder {
        do {
            return try EmptyFolder()
        } catch {
            throw Failure(.failed, "no empty folder can stand for the destination \(path): \(error)")
        }
    }

    private static func duplicate(_ folder: borrowing Descriptor) throws(Failure) -> Descriptor {
        do {
            return try folder.duplicate()
        } catch {
            throw Failure(.failed, "\(error)")
        }
    }

    private static func destinationFailure(_ error: SystemError, _ path: FileName) -> Failure {
        switch error.errno {
        case .noSuchFileOrDirectory:
            Failure(
                .usage,
                "the destination \(path) cannot be made: the folder above it is missing",
                hint: "make it with 'mkdir -p', or mount the disk that has it"
            )
        case .notDirectory:
            Failure(.usage, "the destination \(path) is not a folder", hint: "give a folder")
        default:
            Failure(
                .failed,
                "the destination \(path) cannot be opened: \(error.reason)",
                hint: "check the path and its disk"
            )
        }
    }

    private static func refuseNesting(
        _ source: borrowing Descriptor,
        _ destination: borrowing Descriptor,
        _ options: CopyOptions
    ) throws(Failure) {
        do {
            let target = try destination.status()
            let origin = try source.status()
            if (origin.device, origin.inode) == (target.device, target.inode) {
                throw Failure(
                    .usage,
                    "\(options.source) and \(options.destination) are the same folder",
                    hint: "give two folders"
                )
            }
            guard try source.isBelow(target) else { return }
        } catch let error as Failure {
            throw error
        } catch {
            throw Failure(.failed, "the folders above \(options.source) cannot be read: \(error)")
        }
        throw Failure(
            .usage,
            "the source \(options.source) is inside the destination \(options.destination)",
            hint: "the copy would replace or remove its own source; give another destination"
        )
    }
}
