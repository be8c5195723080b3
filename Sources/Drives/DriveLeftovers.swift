public import LinuxSystem
internal import SystemPackage

/// Order after a run that could not keep it: killed, crashed, or cut off from its drive.
public enum DriveLeftovers {
    /// What became of a drive.
    public enum Outcome: Hashable, Sendable {
        /// It is there, and closed and flushed: it may be pulled.
        case released(ReleasedDrive.Power, warnings: [ReleaseWarning])
        /// It is not plugged in, and nothing of it is open.
        case absent
        /// It must not be pulled: this is still open.
        case open([Leftover])
        /// Nothing is open that could be found, but this went wrong. Not proven safe.
        case doubtful(DriveError)
    }

    /// Closes all that is open of the drive, at whichever plug-in, and then flushes and releases it if it is
    /// there. Takes seconds when something is busy. Call it under the run lock.
    ///
    /// - Parameter onRelease: gets the proof that the drive may be pulled.
    public static func settle(
        _ identity: DriveIdentity,
        power request: PowerRequest,
        operations: any DriveOperations = LinuxDriveOperations(),
        onRelease: (borrowing ReleasedDrive) -> Void = { _ in }
    ) -> Outcome {
        do {
            let leftOpen = try close(driveName: identity.name, operations: operations)
            if !leftOpen.isEmpty { return .open(leftOpen) }
        } catch {
            return .doubtful(DriveError(drive: identity.name, reason: .searchFailed(error)))
        }
        do {
            let released = try LockedDrive.claim(identity, operations: operations).release(request)
            onRelease(released)
            return .released(released.power, warnings: released.warnings)
        } catch {
            return outcome(of: error)
        }
    }

    private static func outcome(of error: DriveError) -> Outcome {
        if !error.leftOpen.isEmpty { return .open(error.leftOpen) }
        switch error.reason {
        case .absent, .gone:
            return .absent
        case .ambiguous, .wrongSerial, .suspiciousInterfaces, .inUse, .wrongKey, .unlockRefused,
            .damagedFileSystem,
            .mountRefused, .syncFailed, .notClosed, .searchFailed:
            return .doubtful(error)
        }
    }

    /// True when a mapping of the drive is open.
    ///
    /// - Throws: when sysfs cannot be read, for then nothing is known.
    public static func exist(
        driveName: DriveName,
        operations: any DriveOperations = LinuxDriveOperations()
    ) throws(SystemError) -> Bool {
        try operations.mappings().contains { DriveIdentity.diskSequence(ofMapping: $0, of: driveName) != nil }
    }

    /// Closes all mappings of the drive, `extbackup-NAME-*`, and what is mounted from them as this process sees
    /// it. A mapping whose disk is gone is closed by force. Returns what is still open.
    ///
    /// - Throws: when sysfs cannot be read, for then nothing is known.
    public static func close(
        driveName: DriveName,
        operations: any DriveOperations = LinuxDriveOperations()
    ) throws(SystemError) -> [Leftover] {
        var leftOpen: [Leftover] = []
        for mapping in try operations.mappings() {
            guard let sequence = DriveIdentity.diskSequence(ofMapping: mapping, of: driveName) else {
                continue
            }
            var mounted: [Leftover] = []
            for directory in try operations.mountPoints(of: mapping) {
                var mount = OpenMount(directory: directory, mapping: mapping, operations: operations)
                mounted += mount.dispose()
            }
            var opened = OpenMapping(name: mapping, diskSequence: sequence, operations: operations)
            let mapped = opened.dispose()
            if !mapped.isEmpty { leftOpen += mounted + mapped }
        }
        return leftOpen
    }
}
