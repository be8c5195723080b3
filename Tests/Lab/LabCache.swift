// What is expensive to make is kept: guest images and snapshots.

internal import Glibc

/// A folder of things that were built once, each under a key that says what it was built from.
public struct LabCache: Sendable {
    /// The folder.
    public let folder: String

    private let report: @Sendable (String) -> Void

    /// `EXTBACKUP_LAB`, else `extbackup-lab` in the user's cache folder.
    public static var standard: LabCache {
        let home = environmentValue("HOME") ?? "/root"
        let caches = environmentValue("XDG_CACHE_HOME") ?? home + "/.cache"
        return LabCache(folder: environmentValue("EXTBACKUP_LAB") ?? caches + "/extbackup-lab")
    }

    /// A cache in the given folder, which is made when it is missing.
    /// - Parameter report: told what takes long while it is being built.
    public init(folder: String, report: @escaping @Sendable (String) -> Void = reportLabProgress) {
        self.folder = folder
        self.report = report
    }

    /// The folder that holds the entry of this kind and key; `build` fills it when it is not there yet.
    ///
    /// Only one process builds an entry of one kind at a time, and the entry appears under its name when it is
    /// complete. Entries of the same kind that were not used for an hour are removed, except the newest three.
    func entry(
        kind: String,
        key: String,
        progress: String,
        build: (String) throws(LabFailure) -> Void
    ) throws(LabFailure) -> String {
        let path = "\(folder)/\(kind)-\(key)"
        if HostFile.exists(path) {
            HostFile.markAsUsed(path)
            return path
        }
        try HostFile.makeFolders(folder)
        let lock = open("\(folder)/\(kind).lock", O_CREAT | O_RDWR | O_CLOEXEC, 0o644)
        guard lock >= 0 else { throw .systemCall("open '\(folder)/\(kind).lock'", errno) }
        defer { close(lock) }
        while flock(lock, LOCK_EX) != 0 {
            let code = errno
            if code != EINTR { throw .systemCall("flock '\(folder)/\(kind).lock'", code) }
        }
        if HostFile.exists(path) { return path }
        removeOldEntries(kind: kind)
        report(progress)
        let unfinished = "\(folder)/\(kind)-unfinished"
        HostFile.removeTree(unfinished)
        try HostFile.makeFolders(unfinished)
        do throws(LabFailure) {
            try build(unfinished)
        } catch {
            HostFile.removeTree(unfinished)
            throw error
        }
        try HostFile.rename(unfinished, to: path)
        return path
    }

    private func removeOldEntries(kind: String) {
        let now = time(nil)
        let entries = HostFile.names(in: folder)
            .filter { $0.hasPrefix(kind + "-") }
            .map { (path: "\(folder)/\($0)", used: HostFile.modificationTime("\(folder)/\($0)")) }
            .sorted { $0.used > $1.used }
        for entry in entries.dropFirst(2) where entry.used < now - 3600 { HostFile.removeTree(entry.path) }
    }
}

/// A key for a cache: changes with every byte of what it was made from.
func contentKey(of bytes: [UInt8]) throws(LabFailure) -> String {
    String(try HostCommand.check(["sha256sum"], input: bytes).stdout.prefix(16))
}
