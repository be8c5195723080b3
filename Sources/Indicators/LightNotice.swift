/// What anybody may let the light say about a job. Green is not among it: see ``SafeToUnplug``.
public enum LightNotice: Hashable, Sendable {
    /// Nothing to say; the job is taken off the light.
    case off
    /// A run is going on.
    case working
    /// The copy is compared with its manifest.
    case verifying
    /// Something waits for a person, and the drive is not in use (it was closed in an earlier run, or never opened).
    case held
    /// A run failed.
    case failed(FailureSafety)
    /// A drive should be brought.
    case due
    /// A LUKS drive was plugged in that nobody prepared.
    case unknownDrive

    var state: LightState {
        switch self {
        case .off: .off
        case .working: .working
        case .verifying: .verifying
        case .held: .held
        case .failed(.safeToPull): .failedSafe
        case .failed(.doNotPull): .failedUnsafe
        case .due: .due
        case .unknownDrive: .unknownDrive
        }
    }
}

/// Whether a drive may be pulled after a failure.
public enum FailureSafety: Hashable, Sendable {
    /// The drive was never opened, or it is gone.
    case safeToPull
    /// The drive may still be mounted or held.
    case doNotPull
}

/// What went wrong with a run whose drive was released in order.
public enum ReleasedProblem: Hashable, Sendable {
    /// Deletions wait for a person, or not everything was copied.
    case held
    /// The run failed.
    case failed

    var state: LightState {
        switch self {
        case .held: .held
        case .failed: .failedSafe
        }
    }
}

/// The proof that a drive may be unplugged: every byte synced, the file system unmounted, LUKS closed, the
/// disk held by nobody, flushed and stopped.
///
/// A type conforms only if its values come out of the step that did all this, and cannot be made otherwise.
/// Nothing but ``Indicator/show(safeToUnplug:job:)`` turns the light green, and it asks for such a value.
public protocol SafeToUnplug: ~Copyable {}
