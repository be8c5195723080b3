public import Copying
import Drives
public import LinuxSystem
public import Reporting

/// How much room the configured sources need on an empty drive, so that a disk which is too small is refused before it is
/// erased, and not by its first run.
///
/// It is what a first run would plan, made by the same walk: excluded entries, holes and hard links count as they do
/// there. Locks are not taken and hooks not run.
public struct SourceDemand: Hashable, Sendable {
    /// What one source needs.
    public struct Share: Hashable, Sendable {
        /// The source's name.
        public let source: String
        /// What its copy takes up.
        public let bytes: ByteCount
    }

    /// The sources that could be measured, in the order of the configuration.
    public let shares: [Share]
    /// Why others could not be.
    public let notes: [String]

    /// All of them together.
    public var total: ByteCount { ByteCount(shares.reduce(0) { $0 + $1.bytes.bytes }) }

    init(shares: [Share], notes: [String] = []) {
        self.shares = shares
        self.notes = notes
    }

    /// Walks the sources. Blocks, minutes for millions of files.
    ///
    /// - Parameter progress: called a few times a second.
    /// - Throws: `interrupted`.
    public init(
        measuringIn context: RunContext,
        progress: @escaping (CopyProgress) -> Void
    ) throws(Failure) {
        let configuration: Configuration
        do {
            configuration = try Configuration(readingFrom: context.layout.configurationFile)
        } catch {
            self.init(shares: [], notes: ["the sources are not known yet: \(Failure(error).message)"])
            return
        }
        var shares: [Share] = []
        var notes: [String] = []
        for source in configuration.sources {
            do {
                let bytes = try Self.need(of: source, in: context, progress)
                // A small source is walked before anybody looks whether to stop.
                if context.interruption.isRequested { throw CopyError.interrupted }
                shares.append(Share(source: source.name, bytes: ByteCount(bytes)))
            } catch CopyError.interrupted {
                throw Failure(.interrupted, "stopped; nothing was changed")
            } catch let failure as Failure {
                notes.append("not measured: \(failure.message)")
            } catch {
                notes.append("not measured: source '\(source.name)': \(error)")
            }
        }
        self.init(shares: shares, notes: notes)
    }

    private static func need(
        of source: SourceConfiguration,
        in context: RunContext,
        _ progress: @escaping (CopyProgress) -> Void
    ) throws -> Int64 {
        let root = try BackupRun.openSource(source)
        let request = try CopyRequest(
            source: root,
            destination: try context.layout.emptyFolder(),
            selection: try source.selection(reserving: []),
            boundary: source.staysOnFileSystem ? .oneFileSystem : .acrossFileSystems
        )
        return try CopyPlan.make(request, interruption: context.interruption, progress: progress)
            .summary.spaceNeeded
    }
}

extension SourceDemand {
    /// Refuses a disk that cannot hold the sources.
    ///
    /// - Returns: what a person should know of a disk that can.
    public func check(device: FileName, sizeBytes: UInt64) throws(Failure) -> [String] {
        guard let largest = shares.max(by: { $0.bytes < $1.bytes }) else { return notes }
        let room = Self.room(onDiskOf: sizeBytes)
        if total > room {
            let parts = shares.map { "\($0.source) \($0.bytes)" }.joined(separator: ", ")
            throw Failure(
                .noSpace,
                "\(device) is not erased: it is too small for the sources: they need \(total) (\(parts)), "
                    + "and it has room for \(room) at most",
                hint:
                    "take a larger disk, or leave something out with 'exclude' (source '\(largest.source)' is the "
                    + "largest); --allow-small takes this one"
            )
        }
        let remark =
            total.bytes > room.bytes / 10 * 9
            ? "the sources need \(total), nearly all of the \(room) that it has room for"
            : "the sources need \(total) of the \(room) that it has room for"
        return notes + [remark]
    }

    /// What a disk of that size can hold at most: without partition table and LUKS header (18 MiB), and without a part in
    /// 128, which every file system takes for itself at least. A first run measures what is really free.
    static func room(onDiskOf sizeBytes: UInt64) -> ByteCount {
        let container = Int64(clamping: sizeBytes) - (18 << 20)
        return ByteCount(max(0, container - container / 128))
    }
}
