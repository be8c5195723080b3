internal import LinuxSystem

/// Why the contents of one file did not get to their end, and on which side.
enum TransferEnd: Error {
    case source(SystemError)
    case destination(SystemError)
    case run(CopyError)
    /// The source changed while it was read.
    case changed

    static func reading<Result>(_ body: () throws(SystemError) -> Result) throws(TransferEnd) -> Result {
        do { return try body() } catch { throw .source(error) }
    }

    static func writing<Result>(_ body: () throws(SystemError) -> Result) throws(TransferEnd) -> Result {
        do { return try body() } catch { throw .destination(error) }
    }

    static func running<Result>(_ body: () throws(CopyError) -> Result) throws(TransferEnd) -> Result {
        do { return try body() } catch { throw .run(error) }
    }
}
