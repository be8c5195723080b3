internal import GRDB
public import LinuxSystem

extension Manifest {
    /// Puts a copy of the whole file, as it is between two writes, under `name` in an open folder: a hidden temporary,
    /// synced, then renamed over what was there. Blocks, and holds up all other calls.
    public func copy(to name: FileName, in folder: borrowing Descriptor) throws(ManifestError) {
        do {
            let temporary = FileName(".").adding(name).adding(".new")
            try folder.removeFileIfPresent(temporary)
            do {
                try copyContents(to: folder.open(temporary, [.write, .create, .exclusive], mode: 0o600))
                try folder.rename(temporary, to: name)
            } catch {
                // The first error is the one to report; the temporary is replaced next time, ignoring.
                try? folder.removeFileIfPresent(temporary)
                throw error
            }
            try folder.sync()
        } catch {
            throw ManifestError(error)
        }
    }

    private func copyContents(to target: consuming Descriptor) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        // Whoever waits for the queue sees the file between two transactions, and SQLite writes each commit to it.
        try queue.writeWithoutTransaction { _ in
            var position: Int64 = 0
            while true {
                let count = try file.contents.read(into: buffer, at: position)
                if count == 0 { break }
                try target.write(
                    UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count]),
                    at: position
                )
                position += Int64(count)
            }
        }
        try target.sync()
        try target.close()
    }
}
