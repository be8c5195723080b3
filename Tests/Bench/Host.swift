import LinuxSystem

/// The machine: its programs and its files, as the benchmark needs them.
struct Host: Sendable {
    let interruption: Interruption

    /// Runs a program to its end.
    /// - Returns: what it wrote.
    /// - Throws: when it fails, with the last line it wrote.
    @discardableResult
    func run(_ arguments: [String]) throws(BenchFailure) -> String {
        if interruption.isRequested { throw .interrupted }
        do {
            return try runAlways(arguments)
        } catch {
            throw interruption.isRequested ? .interrupted : error
        }
    }

    /// As `run`, also when the benchmark was told to stop: for clearing away.
    @discardableResult
    func runAlways(_ arguments: [String]) throws(BenchFailure) -> String {
        let child = ChildProcess(arguments.map { FileName($0) }, timeout: .seconds(4 * 3600))
        let outcome = try system { () throws(SystemError) in try child.run() }
        guard outcome.isSuccess else {
            let reason = outcome.output.isEmpty ? "\(outcome.ending)" : outcome.lastLine
            throw .command(arguments.joined(separator: " "), output: reason)
        }
        return String(decoding: outcome.output, as: UTF8.self)
    }

    /// The lines of a small file; nil when it cannot be read.
    static func lines(of path: String) -> [Substring]? {
        guard
            let file = try? Descriptor.open(FileName(path), .followLink),
            let bytes = try? file.readAll(limit: 1 << 22)
        else { return nil }  // Absence is an answer here, ignoring.
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    }

    static func exists(_ path: String) -> Bool {
        // Absence is an answer, ignoring.
        (try? Descriptor.open(FileName(path), [.path, .followLink])) != nil
    }

    /// Replaces a file.
    static func write(_ text: String, to path: String) throws(BenchFailure) {
        try system { () throws(SystemError) in
            let file = try Descriptor.open(FileName(path), [.write, .create, .truncate], mode: 0o644)
            try file.writeAll(Array(text.utf8))
        }
    }

    /// Writes into a file of the kernel.
    static func set(_ path: String, _ text: String) throws(BenchFailure) {
        try system { () throws(SystemError) in
            let file = try Descriptor.open(FileName(path), .write)
            try file.writeAll(Array(text.utf8))
        }
    }

    /// Tells the person who waits.
    static func say(_ text: String) {
        StandardError.write(Array((text + "\n").utf8))
    }
}
