/// What may be done with a drive that is opened.
public enum DriveAccess: Hashable, Sendable {
    /// Files are written, the file system is checked before.
    case writing
    /// Nothing is written: no journal is replayed, no counter moves, no access time.
    case looking
}
