internal import LinuxSystem
internal import SystemPackage

/// An open LUKS device. The net under `UnlockedVolume` and `MountedVolume`: dropped while open, it is closed as
/// soon as nobody uses it.
struct OpenMapping: ~Copyable, Sendable {
    let name: FileName
    private let diskSequence: UInt64
    private let operations: any DriveOperations
    private var isOpen = true

    init(name: FileName, diskSequence: UInt64, operations: any DriveOperations) {
        self.name = name
        self.diskSequence = diskSequence
        self.operations = operations
    }

    deinit {
        // The net: whoever wanted to know called close or dispose, ignoring.
        if isOpen { try? operations.deactivate(name, .whenUnused) }
    }

    /// Closes it, with some seconds of attempts while it is busy and the disk is there.
    mutating func close() throws(CryptError) {
        var attempt = 1
        let start = ContinuousClock.now
        while true {
            do {
                try operations.deactivate(name, .ifUnused)
                break
            } catch {
                if error.errno == .operationNotSupportedByDevice { break }
                let hasTime = attempt < Plug.attempts && ContinuousClock.now - start < Plug.patience
                if error.errno != .resourceBusy || !hasTime || !isDiskPresent { throw error }
            }
            attempt += 1
            operations.pause(Plug.pauseBetweenAttempts)
        }
        if isListed {
            throw CryptError(call: "crypt_deactivate_by_name", errno: .resourceBusy, message: "still there")
        }
        isOpen = false
    }

    /// Closes it by every means. Returns what is still open.
    mutating func dispose() -> [Leftover] {
        guard isListed else {
            isOpen = false
            return []
        }
        do {
            try close()
            return []
        } catch {
            return giveUp()
        }
    }

    /// Closes it by every means, after `close` failed. Returns what is still open.
    mutating func giveUp() -> [Leftover] {
        let thing = Leftover.Thing.mapping(name)
        let holders = operations.holders(of: thing)
        // Whether these help is asked below, ignoring.
        if !isDiskPresent { try? operations.deactivate(name, .force) }
        if isListed { try? operations.deactivate(name, .whenUnused) }
        isOpen = false
        return isListed ? [Leftover(thing, holders: holders)] : []
    }

    private var isDiskPresent: Bool { operations.isPresent(diskSequence: diskSequence) }

    /// True also when it cannot be known.
    private var isListed: Bool {
        do {
            return try operations.mappings().contains(name)
        } catch {
            return true
        }
    }
}
