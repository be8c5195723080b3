internal import CMount
public import LinuxSystem
internal import SystemPackage

/// What is mounted where, as one process sees it (/proc/PID/mountinfo, read by libmount).
public struct MountTable: Sendable {
    /// One mount.
    public struct Entry: Hashable, Sendable {
        /// What was mounted: a device's path, or a word of the file system. May be empty.
        public let source: FileName
        /// Where, as an absolute path without symbolic links.
        public let target: FileName
        /// The file system's type.
        public let type: FileName
        /// The device's number; btrfs and others without one device have a number of their own.
        public let device: DeviceNumber
    }

    /// All mounts, in the kernel's order: of several at one place the last one is seen.
    public let entries: [Entry]

    /// Reads this process's mounts.
    public static func current() throws(SystemError) -> MountTable {
        try MountTable(file: "/proc/self/mountinfo")
    }

    /// Reads the machine's mounts, as its first process sees them: a service with rules for the file system has
    /// mounts of its own over folders like /home, which say nothing about the machine.
    public static func ofMachine() throws(SystemError) -> MountTable {
        try MountTable(file: "/proc/1/mountinfo")
    }

    /// True when something is mounted at this absolute path without symbolic links.
    public func isMountPoint(_ path: FileName) -> Bool {
        entries.contains { $0.target == path }
    }

    init(file: FileName) throws(SystemError) {
        guard let table = mnt_new_table() else {
            throw SystemError(call: "mnt_new_table", errno: .noMemory)
        }
        defer { mnt_unref_table(table) }
        let result = file.withCString { mnt_table_parse_file(table, $0) }
        if result != 0 {
            let reason = result < 0 ? Errno(rawValue: -result) : .invalidArgument
            throw SystemError(call: "mnt_table_parse_file", subject: file, errno: reason)
        }
        guard let iterator = mnt_new_iter(Int32(MNT_ITER_FORWARD)) else {
            throw SystemError(call: "mnt_new_iter", errno: .noMemory)
        }
        defer { mnt_free_iter(iterator) }
        var entries: [Entry] = []
        var entry: OpaquePointer?
        while mnt_table_next_fs(table, iterator, &entry) == 0, let found = entry {
            entries.append(Entry(found))
        }
        self.entries = entries
    }
}

extension MountTable.Entry {
    fileprivate init(_ entry: OpaquePointer) {
        source = Self.name(mnt_fs_get_source(entry))
        target = Self.name(mnt_fs_get_target(entry))
        type = Self.name(mnt_fs_get_fstype(entry))
        device = DeviceNumber(packed: UInt64(mnt_fs_get_devno(entry)))
    }

    private static func name(_ text: UnsafePointer<CChar>?) -> FileName {
        guard let text else { return FileName() }
        return FileName(bytes: UnsafeRawBufferPointer(start: text, count: text.byteCount))
    }
}

extension UnsafePointer<CChar> {
    /// Number of bytes before the terminator.
    var byteCount: Int {
        var count = 0
        while self[count] != 0 { count += 1 }
        return count
    }
}
