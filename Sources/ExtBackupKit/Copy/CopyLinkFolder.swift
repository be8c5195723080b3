import Copying
import LinuxSystem
import Reporting
import SystemPackage

/// A folder of `--link-dest`: an earlier copy, from which what is unchanged is linked.
struct CopyLinkFolder: ~Copyable {
    let descriptor: Descriptor

    /// Opens a folder that was given relative to the destination, or absolute, and checks that links can lead to it.
    static func open(
        _ path: FileName,
        _ options: CopyOptions,
        _ folders: borrowing CopyFolders
    ) throws(Failure) -> CopyLinkFolder {
        do {
            let folder = try Descriptor.open(place(of: path, options, folders), [.directory, .followLink])
            let target = try device(options, folders)
            if try folder.status().device != target {
                throw Failure(
                    .usage,
                    "the folder of --link-dest \(path) is on another file system than the destination",
                    hint: "hard links stay on one file system: give an earlier copy beside the destination"
                )
            }
            if !folders.isDestinationMissing, try folder.isIn(folders.destination) {
                throw Failure(
                    .usage,
                    "the folder of --link-dest \(path) is the destination, or in it",
                    hint: "give an earlier copy beside the destination"
                )
            }
            return CopyLinkFolder(descriptor: folder)
        } catch let error as Failure {
            throw error
        } catch let error as SystemError {
            throw Failure(
                .usage,
                "the folder of --link-dest \(path) cannot be opened: \(error.reason)",
                hint: "give an earlier copy, relative to the destination or absolute"
            )
        } catch {
            throw Failure(.failed, "\(error)")
        }
    }

    /// The path as this process sees it. In a preview of a destination that is missing, `..` leads out of it all the same.
    private static func place(
        of path: FileName,
        _ options: CopyOptions,
        _ folders: borrowing CopyFolders
    ) -> FileName {
        if path.bytes.first == UInt8(ascii: "/") { return path }
        let names = path.components.drop { $0 == "." }
        guard folders.isDestinationMissing, names.first == ".." else {
            return options.destination.appending(path)
        }
        return names.dropFirst().reduce(options.destination.parentFolder) { $0.appending($1) }
    }

    /// The file system where the destination is, or will be.
    private static func device(
        _ options: CopyOptions,
        _ folders: borrowing CopyFolders
    ) throws(SystemError) -> UInt64 {
        if !folders.isDestinationMissing { return try folders.destination.status().device }
        let above = try Descriptor.open(options.destination.parentFolder, [.directory, .followLink])
        return try above.status().device
    }
}
