/// What the light says. Ordered: a worse state is greater, and the worst of all jobs is shown.
///
/// The measure is what a pull would do. Amber and red say "safe to pull" of their own drive; while another one is
/// written to, that would be read as its answer, so work is worse than they are.
public enum LightState: String, CaseIterable, Hashable, Sendable {
    /// Idle.
    case off
    /// The drive is closed and all is well: pull it.
    case safe
    /// A LUKS drive was plugged in that nobody prepared.
    case unknownDrive = "unknown-drive"
    /// A drive should be brought.
    case due
    /// The copy is compared with its manifest.
    case verifying
    /// A run is going on.
    case working
    /// Deletions wait for a person; the drive may be pulled.
    case held
    /// A run failed; the drive may be pulled.
    case failedSafe = "failed-safe"
    /// A run failed, and the drive may still be in use: do not pull it.
    case failedUnsafe = "failed-unsafe"
}

extension LightState: Comparable {
    /// The order of the cases above.
    public static func < (left: LightState, right: LightState) -> Bool {
        left.severity < right.severity
    }

    private var severity: Int {
        switch self {
        case .off: 0
        case .safe: 1
        case .unknownDrive: 2
        case .due: 3
        case .held: 4
        case .failedSafe: 5
        case .verifying: 6
        case .working: 7
        case .failedUnsafe: 8
        }
    }
}
