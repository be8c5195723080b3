internal import CLinux
import Glibc

/// The working directory of one thread, apart from that of the process.
///
/// Calls that take nothing but a path reach a folder's entries there by their bare names. The way through `/proc` takes
/// twice as long.
public struct WorkingFolder {
    /// Gives the calling thread one of its own, until it ends; nil where that is forbidden (unshare(2)).
    ///
    /// Not for the first thread of a process: paths without a root would lead elsewhere.
    public static func ofThisThread() -> WorkingFolder? {
        ext_unshare_working_directory() == 0 ? WorkingFolder() : nil
    }

    private init() {}

    /// Goes to a folder; false when the thread stays where it is. Until it leaves, nobody can unmount the file system.
    public func enter(_ folder: borrowing Descriptor) -> Bool {
        fchdir(folder.rawValue) == 0
    }

    /// Goes where it holds nothing that somebody could want to unmount.
    public func leave() {
        if chdir("/") != 0 { fatalError("the process has no root directory (chdir: \(errno))") }
    }
}

// What a thread has must not go to another one.
@available(*, unavailable)
extension WorkingFolder: Sendable {}
