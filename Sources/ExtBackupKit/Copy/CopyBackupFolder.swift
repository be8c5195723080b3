import Copying
import LinuxSystem
import Reporting
import SystemPackage

/// The folder of `--backup-dir`, which takes over what a copy overwrites or removes.
struct CopyBackupFolder: ~Copyable {
    /// The folder; in a preview, where it may be missing, the destination.
    let descriptor: Descriptor
    /// The name below the destination that it has, or is in; nil when it is elsewhere.
    let reservedName: FileName?

    /// Opens the folder of the options, and makes it unless this is a preview.
    ///
    /// - Returns: nil without one, and where there is nothing to be kept, since the destination is missing.
    static func open(
        _ options: CopyOptions,
        _ folders: borrowing CopyFolders
    ) throws(Failure) -> CopyBackupFolder? {
        guard let path = options.backupFolder, !folders.isDestinationMissing else { return nil }
        do {
            let place = try Place(path, options)
            let above = try Descriptor.open(place.present, [.directory, .followLink])
            if try above.status().device != folders.destination.status().device {
                throw Failure(
                    .usage,
                    "\(path) is on another file system than the destination",
                    hint: "earlier versions are renamed, not copied: give a folder on the same one"
                )
            }
            switch options.mode {
            case .preview:
                return CopyBackupFolder(
                    descriptor: try folders.destination.duplicate(),
                    reservedName: place.nameInDestination
                )
            case .copy:
                var folder = above
                for name in place.missing { folder = try folder.makeDirectory(name, mode: 0o700) }
                return CopyBackupFolder(descriptor: folder, reservedName: place.nameInDestination)
            }
        } catch let error as Failure {
            throw error
        } catch {
            throw Failure(
                .usage,
                "the folder for earlier versions \(path) cannot be opened: \(error)",
                hint: "give a folder on the file system of the destination"
            )
        }
    }

    /// Where it is, or will be.
    private struct Place {
        /// The part that is there, without symbolic links.
        let present: FileName
        /// The names below that.
        let missing: [FileName]
        let nameInDestination: FileName?

        init(_ path: FileName, _ options: CopyOptions) throws {
            let isAbsolute = path.bytes.first == UInt8(ascii: "/")
            let whole = isAbsolute ? path : options.destination.appending(path)
            (present, missing) = try Self.split(whole)
            let full = missing.reduce(present) { $0.appending($1) }
            let (destination, rest) = try Self.split(options.destination)
            let target = rest.reduce(destination) { $0.appending($1) }
            let source = try resolvedPath(options.source)
            nameInDestination = full.components(below: target)?.first
            let isInSource = nameInDestination == nil && full.components(below: source) != nil
            if isInSource || target.components(below: full) != nil || source.components(below: full) != nil {
                throw Failure(
                    .usage,
                    "\(path) is in the source, or the source or the destination is in it",
                    hint: "give a folder in or beside the destination"
                )
            }
        }

        private static func split(_ path: FileName) throws -> (present: FileName, missing: [FileName]) {
            var place = path
            var missing: [FileName] = []
            while true {
                do throws(SystemError) {
                    return (try resolvedPath(place), missing)
                } catch {
                    guard error.errno == .noSuchFileOrDirectory, let name = place.components.last,
                        name != ".."
                    else { throw error }
                    if name != "." { missing.insert(name, at: 0) }
                    place = place.parentFolder
                }
            }
        }
    }
}

extension FileName {
    /// The names that lead here from `folder`; empty for the folder itself, nil when this is not in it.
    fileprivate func components(below folder: FileName) -> [FileName]? {
        let (own, above) = (components, folder.components)
        return own.starts(with: above) ? Array(own.dropFirst(above.count)) : nil
    }
}
