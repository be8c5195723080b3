public import LinuxSystem
internal import SystemPackage

/// What to do with a closed drive's power.
public enum PowerRequest: String, Hashable, Sendable, CaseIterable {
    /// Stop the disk and switch its port off; it comes back when it is plugged in again.
    case off
    /// Stop the disk.
    case stop
    /// Nothing.
    case leave
}

/// A drive that was closed, that nobody holds, and whose cache was flushed with success: the proof that it
/// may be pulled. Only `LockedDrive.release` makes one.
public struct ReleasedDrive: ~Copyable, Sendable {
    /// What became of its power.
    public enum Power: Hashable, Sendable {
        /// The port was switched off.
        case off
        /// The disk was stopped, the port has power.
        case stopped
        /// Nothing was done: not asked for, no USB disk, or refused (see `warnings`).
        case left
    }

    /// The drive's record.
    public let identity: DriveIdentity
    /// The disk, at this plug-in.
    public let device: BlockDevice
    /// What became of its power.
    public let power: Power
    /// What went wrong after the data were safe.
    public let warnings: [ReleaseWarning]

    fileprivate init(plug: Plug, request: PowerRequest) {
        identity = plug.identity
        device = plug.device
        (power, warnings) = plug.power(down: request)
    }
}

extension LockedDrive {
    /// Proves that nobody holds the disk, flushes its cache and, as asked, stops it or switches it off.
    ///
    /// - Throws: `notClosed` when somebody holds the disk, `syncFailed` when the flush failed, `gone`. What goes
    ///   wrong after the flush is a warning: the data are safe then.
    public consuming func release(_ request: PowerRequest) throws(DriveError) -> ReleasedDrive {
        let plug = plug
        drop(pin)
        try plug.flush(during: .release)
        return ReleasedDrive(plug: plug, request: request)
    }
}

/// What went wrong after the data were safe.
public enum ReleaseWarning: Hashable, Sendable {
    /// The disk or its bridge refused the command to write its cache, after the kernel's own flush went well.
    case cacheCommandRefused(SystemError)
    /// The disk did not take the command to stop.
    case stopRefused(SystemError)
    /// Disks in the same case are in use, so the port keeps its power.
    case siblingsInUse([FileName])
    /// The port could not be switched off.
    case powerOffRefused(SystemError)
    /// The port was switched off, but the disk is still there.
    case stillPresent
}

extension ReleaseWarning: CustomStringConvertible {
    /// One line for people.
    public var description: String {
        switch self {
        case .cacheCommandRefused(let error): "the disk did not take the command to write its cache: \(error)"
        case .stopRefused(let error): "the disk did not take the command to stop: \(error)"
        case .siblingsInUse(let disks):
            "other disks in the same case are in use: \(disks.map(\.description).joined(separator: ", "))"
        case .powerOffRefused(let error): "the drive could not be powered off: \(error)"
        case .stillPresent: "the drive was powered off, but is still there"
        }
    }
}

extension Plug {
    /// Stops and switches off what can be; data are safe before. Same order as udisks' power-off.
    fileprivate func power(down request: PowerRequest) -> (ReleasedDrive.Power, [ReleaseWarning]) {
        guard case .usb = device.bus, request != .leave else { return (.left, []) }
        var warnings: [ReleaseWarning] = []
        do {
            try operations.send(.synchronizeCache, to: device)
        } catch {
            warnings.append(.cacheCommandRefused(error))
        }
        var power = ReleasedDrive.Power.stopped
        do {
            try operations.send(.stopUnit, to: device)
        } catch {
            warnings.append(.stopRefused(error))
            power = .left
        }
        guard request == .off else { return (power, warnings) }
        let siblings = operations.busySiblings(of: device)
        if !siblings.isEmpty { return (power, warnings + [.siblingsInUse(siblings)]) }
        do {
            try operations.powerOff(device)
        } catch {
            return (power, warnings + [.powerOffRefused(error)])
        }
        if waitUntilGone() { return (.off, warnings) }
        return (power, warnings + [.stillPresent])
    }

    private func waitUntilGone() -> Bool {
        for _ in 0..<20 {
            if !isPresent { return true }
            operations.pause(.milliseconds(250))
        }
        return !isPresent
    }
}
