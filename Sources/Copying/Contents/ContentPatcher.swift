internal import LinuxSystem
internal import SystemPackage

/// Brings an earlier version to the source's contents by writing only the blocks that differ.
extension ContentCopier {
    /// Gives the empty file `target` the contents of `earlier` without copying them.
    ///
    /// - Returns: false where blocks cannot be shared: then the whole file is copied.
    static func clone(
        _ earlier: borrowing Descriptor,
        to target: borrowing Descriptor
    ) throws(SystemError) -> Bool {
        do {
            try target.cloneContents(of: earlier)
            return true
        } catch {
            switch error.errno {
            case .notSupported, .improperLink, .invalidArgument, .inappropriateIOCTLForDevice: return false
            default: throw error
            }
        }
    }

    /// Reads the source once and writes to `target` what it does not hold: a clone of the earlier version, the
    /// part of an interrupted copy, or, when a person asked for it, the earlier version itself.
    ///
    /// In place a file is torn until this returns `complete`: what the caller wrote before, a mark in the manifest
    /// or on the file (`TornMark`), stays after anything else.
    ///
    /// - Parameters:
    ///   - target: open for reading too, when it is to be compared.
    ///   - earlier: what is known of the contents of `target`.
    ///   - blocks: as for `copy`.
    ///   - progress: as for `copy`.
    /// - Throws: only what ends the run.
    func patch(
        _ target: borrowing Descriptor,
        holding earlier: EarlierContents,
        from source: borrowing Descriptor,
        _ status: EntryStatus,
        blocks: @escaping BlockSink = { _ in },
        progress: (Int64) -> Void
    ) throws(CopyError) -> Attempt {
        do throws(TransferEnd) {
            let size = try TransferEnd.writing { () throws(SystemError) in try target.status().size }
            // A clone has its blocks; what is compared may be the start of a file only.
            if case .compared = earlier { try preallocate(status, from: size, target) }
            let comparison = BlockComparison(earlier, size: size, becoming: status.size)
            var transfer = ContentTransfer(
                self,
                from: source,
                size: status.size,
                over: comparison,
                blocks: blocks
            )
            let contents = try transfer.run(from: source, to: target, progress: progress)
            return try Self.verdict(contents, source, status)
        } catch {
            return try Self.verdict(error)
        }
    }
}
