public import LinuxSystem
internal import SystemPackage

/// Several jobs share one light: a folder with a small file per job that says the job's state. The worst
/// state is shown.
///
/// A file is named as the job, with `%XX` for bytes other than letters, digits, `-` and `_`, and holds one
/// line, `STATE SECONDS`: a `LightState` and the time it was posted. It is replaced whole. Files of other
/// shape are ignored and named by `read()`. Only the owner of the folder may write there.
public struct LightBoard: Sendable {
    /// Where the program keeps it; gone at the next boot, as it should be.
    public static let standardFolder: FileName = "/run/extbackup/light"

    private let folder: FileName

    /// A board in `folder`, which is made when somebody posts.
    public init(folder: FileName = standardFolder) {
        self.folder = folder
    }

    /// What one job says.
    public struct Entry: Hashable, Sendable {
        /// The job's name.
        public let job: FileName
        /// What it says.
        public let state: LightState
        /// Since when.
        public let since: UnixTime
    }

    /// What the folder held.
    public struct Reading: Hashable, Sendable {
        /// One per job, ordered by name.
        public let entries: [Entry]
        /// Names of files that are no state of a job, or unreadable.
        public let ignored: [FileName]

        /// The worst state of all jobs; `off` when there is none.
        public var worst: LightState { entries.map(\.state).max() ?? LightState.off }
    }

    /// Reads all states. A missing folder holds none. Does not wait for anybody.
    public func read() throws(LightWarning) -> Reading {
        let folder: Descriptor
        do {
            folder = try Descriptor.open(self.folder, .directory)
        } catch {
            if error.errno == .noSuchFileOrDirectory { return Reading(entries: [], ignored: []) }
            throw .board(error)
        }
        return try read(folder)
    }

    /// Says something about a job, for processes that drive no light themselves.
    public func post(_ notice: LightNotice, job: FileName) throws(LightWarning) {
        try record(notice.state, job: job)
    }

    /// Takes a job off the light.
    public func clear(job: FileName) throws(LightWarning) {
        try record(.off, job: job)
    }

    /// Takes all jobs off the light, and removes files that are no states. Folders stay.
    public func clearAll() throws(LightWarning) {
        try changing { (folder) throws(SystemError) in
            for name in try folder.entryNames(limit: Self.entryLimit) where !Self.isHidden(name) {
                try Self.removeFile(name, from: folder)
            }
        }
    }

    /// Records any state; `safe` must come from `Indicator`, with its proof.
    ///
    /// When a state cannot be written, what the job said before is taken away if possible: a stale green must
    /// not outlive it.
    func record(_ state: LightState, job: FileName) throws(LightWarning) {
        let name = Self.fileName(of: job)
        let line = Array("\(state.rawValue) \(UnixTime.now().seconds)\n".utf8)
        do throws(LightWarning) {
            try changing { (folder) throws(SystemError) in
                if state == .off {
                    try folder.removeFileIfPresent(name)
                } else {
                    try folder.replaceFile(name, with: line, mode: 0o644)
                }
            }
        } catch {
            // The first error is the one to report, ignoring.
            try? Descriptor.open(folder, .directory).removeFileIfPresent(name)
            throw error
        }
    }

    /// Reads the board and lets `body` paint, while no other process paints. So nobody can paint what was true
    /// before another process posted, after that process painted.
    func whilePainting(_ body: (Reading) throws(LightWarning) -> Void) throws(LightWarning) {
        let folder = try openOrMake()
        let lock = try Self.lock(".paint.lock", in: folder, patience: .seconds(3))
        // The end of the open file unlocks too, ignoring.
        defer { try? lock.unlock() }
        try body(try read(folder))
    }

    /// The same for a test of the light, which people may do who may not keep others from painting.
    public func whileTesting(_ body: (Reading) throws(LightWarning) -> Void) throws(LightWarning) {
        do {
            try whilePainting(body)
        } catch {
            guard case .board(let cause) = error, cause.errno == .permissionDenied else { throw error }
            try body(try read())
        }
    }
}

// MARK: - Files

extension LightBoard {
    /// More jobs than any machine has.
    private static let entryLimit = 1000
    /// A line is shorter than this.
    private static let lineLimit = 64

    private func read(_ folder: borrowing Descriptor) throws(LightWarning) -> Reading {
        let names: [FileName]
        do {
            names = try folder.entryNames(limit: Self.entryLimit)
        } catch {
            throw .board(error)
        }
        var entries: [Entry] = []
        var ignored: [FileName] = []
        for name in names where !Self.isHidden(name) {
            if let entry = Self.entry(name, in: folder) {
                entries.append(entry)
            } else if Self.isThere(name, in: folder) {
                ignored.append(name)
            }
        }
        return Reading(entries: entries, ignored: ignored)
    }

    /// False for the state of a job that went off the light since the names were read.
    private static func isThere(_ name: FileName, in folder: borrowing Descriptor) -> Bool {
        do {
            return try folder.statusIfPresent(of: name) != nil
        } catch {
            // What cannot be looked at is told by its name.
            return true
        }
    }

    private static func entry(_ name: FileName, in folder: borrowing Descriptor) -> Entry? {
        guard let job = job(of: name) else { return nil }
        // Symbolic links are refused, a FIFO does not block. An unreadable file is reported by its name.
        guard let file = try? folder.open(name, .nonBlocking), let line = try? file.readAll(limit: lineLimit)
        else { return nil }
        let words = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard words.count == 2, words[1].last == UInt8(ascii: "\n"),
            let state = LightState(rawValue: String(decoding: words[0], as: UTF8.self)), state != .off,
            let seconds = Int64(String(decoding: words[1].dropLast(), as: UTF8.self))
        else { return nil }
        return Entry(job: job, state: state, since: UnixTime(seconds: seconds))
    }

    private static func removeFile(
        _ name: FileName,
        from folder: borrowing Descriptor
    ) throws(SystemError) {
        do {
            try folder.removeFileIfPresent(name)
        } catch {
            if error.errno != .isDirectory { throw error }
        }
    }

    private func changing(_ body: (borrowing Descriptor) throws(SystemError) -> Void) throws(LightWarning) {
        let folder = try openOrMake()
        let lock = try Self.lock(".write.lock", in: folder, patience: .seconds(1))
        // The end of the open file unlocks too, ignoring.
        defer { try? lock.unlock() }
        do {
            try body(folder)
        } catch {
            throw .board(error)
        }
    }

    private func openOrMake() throws(LightWarning) -> Descriptor {
        do {
            return try Self.openOrMake(folder)
        } catch {
            throw .board(error)
        }
    }

    private static func openOrMake(_ path: FileName) throws(SystemError) -> Descriptor {
        do {
            return try Descriptor.open(path, .directory)
        } catch {
            if error.errno != .noSuchFileOrDirectory { throw error }
        }
        let slash = UInt8(ascii: "/")
        guard let end = path.bytes.lastIndex(of: slash), end > 0 else {
            return try Descriptor.open(path, .directory)
        }
        let parent = try openOrMake(FileName(bytes: path.bytes[..<end]))
        return try parent.makeDirectory(FileName(bytes: path.bytes[(end + 1)...]), mode: 0o755)
    }

    /// Locks a file that only the owner of the folder can open, so that no other user can hold the light.
    private static func lock(
        _ name: FileName,
        in folder: borrowing Descriptor,
        patience: Duration
    ) throws(LightWarning) -> Descriptor {
        let deadline = ContinuousClock.now + patience
        do throws(SystemError) {
            let file = try folder.open(name, [.write, .create], mode: 0o600)
            while try !file.tryLock(.exclusive) {
                if ContinuousClock.now >= deadline {
                    throw SystemError(call: "flock", subject: name, errno: .wouldBlock)
                }
                Thread.sleep(for: .milliseconds(5))
            }
            return file
        } catch {
            throw error.errno == .wouldBlock ? .busy : .board(error)
        }
    }
}

// MARK: - Names

extension LightBoard {
    /// Locks, and files that are being written.
    private static func isHidden(_ name: FileName) -> Bool {
        name.bytes.first == UInt8(ascii: ".")
    }

    static func fileName(of job: FileName) -> FileName {
        if job.isEmpty { return "%" }
        let digits = Array("0123456789abcdef".utf8)
        var bytes: [UInt8] = []
        for byte in job.bytes {
            if isPlain(byte) {
                bytes.append(byte)
            } else {
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return FileName(bytes: bytes)
    }

    static func job(of name: FileName) -> FileName? {
        if name == "%" { return FileName() }
        var bytes: [UInt8] = []
        var rest = name.bytes[...]
        while let byte = rest.popFirst() {
            if byte != UInt8(ascii: "%") {
                bytes.append(byte)
            } else if let escaped = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) {
                bytes.append(escaped)
                rest = rest.dropFirst(2)
            } else {
                return nil
            }
        }
        let job = FileName(bytes: bytes)
        // One job has one file: only the name that this program writes is its.
        return fileName(of: job) == name ? job : nil
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
