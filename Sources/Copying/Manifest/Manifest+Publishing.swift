internal import GRDB
public import LinuxSystem

extension Manifest {
    /// Puts a copy of the whole file, as it is between two writes, under `name` in an open folder: a hidden temporary,
    /// synced, then renamed over what was there. Blocks, and holds up all other calls.
    public func copy(to name: FileName, in folder: borrowing Descriptor) throws(ManifestError) {
        do {
            try folder.replaceManifest(name) { copy in
                // Whoever waits for the queue sees the file between two transactions, and SQLite writes each commit to it.
                try queue.writeWithoutTransaction { _ in try copy.writeContents(of: file.contents) }
            }
        } catch {
            throw ManifestError(error)
        }
    }
}
