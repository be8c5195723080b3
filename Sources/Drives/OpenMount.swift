internal import LinuxSystem
internal import SystemPackage

/// A mounted file system. The net under `MountedVolume`: dropped while mounted, it leaves the tree at once.
struct OpenMount: ~Copyable, Sendable {
    let directory: FileName
    private let mapping: FileName
    private let operations: any DriveOperations
    private var isMounted = true

    init(directory: FileName, mapping: FileName, operations: any DriveOperations) {
        self.directory = directory
        self.mapping = mapping
        self.operations = operations
    }

    deinit {
        // The net: whoever wanted to know called close or dispose, ignoring.
        if isMounted { try? operations.unmount(directory, .detach) }
    }

    /// Unmounts it, with some seconds of attempts while it is busy and the disk is there, and makes sure that
    /// it is gone.
    mutating func close(_ plug: Plug) throws(SystemError) {
        var attempt = 1
        let start = ContinuousClock.now
        while true {
            do {
                try operations.unmount(directory, .ifUnused)
                break
            } catch {
                let hasTime = attempt < Plug.attempts && ContinuousClock.now - start < Plug.patience
                if error.errno != .resourceBusy || !hasTime || !plug.isPresent { throw error }
            }
            attempt += 1
            operations.pause(Plug.pauseBetweenAttempts)
        }
        if try operations.mountPoints(of: mapping).contains(directory) {
            throw SystemError(call: "umount2", subject: directory, errno: .resourceBusy)
        }
        isMounted = false
    }

    /// Takes it out of the tree by every means, after something else failed. Returns it with its holders when
    /// it was in use; it then ends with its last user, and its mapping tells whether that has happened.
    mutating func dispose() -> [Leftover] {
        guard isMounted else { return [] }
        isMounted = false
        do {
            guard try operations.mountPoints(of: mapping).contains(directory) else { return [] }
        } catch {
            // Not to know whether it is mounted is no reason to leave it, ignoring.
        }
        let thing = Leftover.Thing.mount(directory)
        do {
            try operations.unmount(directory, .ifUnused)
            return []
        } catch {
            let leftover = Leftover(thing, holders: operations.holders(of: thing))
            // A mount that cannot even be detached keeps its mapping busy, which is reported, ignoring.
            try? operations.unmount(directory, .detach)
            return [leftover]
        }
    }
}
