import LinuxSystem

/// Why the benchmark cannot go on, or one row of it has no figures.
enum BenchFailure: Error, CustomStringConvertible {
    /// A mistake in the arguments.
    case usage(String)
    /// A program of the set-up did not do its work.
    case command(String, output: String)
    /// The kernel or a file refuses.
    case system(SystemError)
    /// Something that was read is not what it should be.
    case unexpected(String)
    /// Ctrl-C.
    case interrupted

    var description: String {
        switch self {
        case .usage(let message): "\(message)\n\(Settings.usage)"
        case .command(let command, let output): "'\(command)' failed: \(output)"
        case .system(let error): "\(error)"
        case .unexpected(let message): message
        case .interrupted: "interrupted"
        }
    }
}

/// As `body`, with the kernel's errors as failures of the benchmark.
func system<Result: ~Copyable>(_ body: () throws(SystemError) -> Result) throws(BenchFailure) -> Result {
    do { return try body() } catch { throw .system(error) }
}
