// Files on the host: the few operations that the lab needs, with failures that name the file.

internal import Glibc

/// A folder or file of this process under the temporary folder. Names carry the process id, so that a later
/// process can clear away what a killed one left.
enum ScratchSpace {
    private static let prefix = "extbackup-lab."

    static var root: String { environmentValue("TMPDIR") ?? "/tmp" }

    /// Makes an empty folder that only its owner can enter.
    static func makeFolder() throws(LabFailure) -> String {
        removeLeftovers()
        var template = Array("\(root)/\(prefix)\(getpid()).XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw .systemCall("mkdtemp in '\(root)'", errno) }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Opens a file that has no name any more.
    static func openUnnamedFile() throws(LabFailure) -> Int32 {
        var template = Array("\(root)/\(prefix)\(getpid()).XXXXXX".utf8CString)
        let fd = mkstemp(&template)
        guard fd >= 0 else { throw .systemCall("mkstemp in '\(root)'", errno) }
        _ = fcntl(fd, F_SETFD, FD_CLOEXEC)
        unlink(template)
        return fd
    }

    private static func removeLeftovers() {
        for name in HostFile.names(in: root) where name.hasPrefix(prefix) {
            guard let pid = pid_t(name.dropFirst(prefix.count).prefix { $0.isNumber }) else { continue }
            if kill(pid, 0) != 0, errno == ESRCH { HostFile.removeTree("\(root)/\(name)") }
        }
    }
}

enum HostFile {
    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    static func size(_ path: String) throws(LabFailure) -> Int64 {
        var status = stat()
        guard stat(path, &status) == 0 else { throw .systemCall("stat '\(path)'", errno) }
        return Int64(status.st_size)
    }

    /// Seconds since the epoch at which the file or folder was last changed or marked as used.
    static func modificationTime(_ path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mtim.tv_sec : 0
    }

    static func markAsUsed(_ path: String) {
        utimes(path, nil)
    }

    static func makeFolders(_ path: String) throws(LabFailure) {
        var partial = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            partial += "/" + part
            if mkdir(partial, 0o755) != 0 {
                let code = errno
                if code != EEXIST { throw .systemCall("mkdir '\(partial)'", code) }
            }
        }
    }

    /// The names in a folder; none when it cannot be read.
    static func names(in folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    /// The path without symbolic links. Another process may see other files behind some of them, as in /proc.
    static func resolved(_ path: String) throws(LabFailure) -> String {
        guard let resolved = realpath(path, nil) else { throw .systemCall("realpath '\(path)'", errno) }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    static func removeTree(_ path: String) {
        if unlink(path) == 0 { return }
        for name in names(in: path) { removeTree("\(path)/\(name)") }
        rmdir(path)
    }

    static func rename(_ old: String, to new: String) throws(LabFailure) {
        guard Glibc.rename(old, new) == 0 else { throw .systemCall("rename '\(old)' to '\(new)'", errno) }
    }

    /// Makes a file of the given size that uses no space yet.
    static func makeSparse(_ path: String, size: Int64) throws(LabFailure) {
        let fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        guard fd >= 0 else { throw .systemCall("create '\(path)'", errno) }
        defer { close(fd) }
        guard ftruncate(fd, off_t(size)) == 0 else { throw .systemCall("ftruncate '\(path)'", errno) }
    }

    static func write(_ bytes: [UInt8], to path: String) throws(LabFailure) {
        let fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0o644)
        guard fd >= 0 else { throw .systemCall("create '\(path)'", errno) }
        defer { close(fd) }
        try write(bytes, to: fd)
    }

    static func write(_ bytes: [UInt8], to fd: Int32) throws(LabFailure) {
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes { Glibc.write(fd, $0.baseAddress, $0.count) }
            if count < 0 {
                let code = errno
                if code == EINTR { continue }
                throw .systemCall("write", code)
            }
            done += count
        }
    }

    static func read(_ path: String) throws(LabFailure) -> [UInt8] {
        let fd = open(path, O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else { throw .systemCall("open '\(path)'", errno) }
        defer { close(fd) }
        return try readAll(fd)
    }

    static func readAll(_ fd: Int32) throws(LabFailure) -> [UInt8] {
        var contents: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(fd, &buffer, buffer.count)
            if count < 0 {
                let code = errno
                if code == EINTR { continue }
                throw .systemCall("read", code)
            }
            if count == 0 { return contents }
            contents.append(contentsOf: buffer[..<count])
        }
    }
}
