import FoundationEssentials
import LinuxSystem
import SystemPackage

/// Deletions that a person approved, until a run has made them: one small file for each drive.
struct Approvals {
    private let folder: FileName

    init(folder: FileName) {
        self.folder = folder
    }

    /// How many deletions are approved, by source. Nothing when there is no file or it cannot be understood:
    /// then deletions are held once more, which harms nobody.
    func approved(for drive: String) -> [String: Int] {
        guard let bytes = try? Descriptor.open(path(of: drive), [.read, .nonBlocking]).readAll(limit: 65536)
        else {
            return [:]
        }
        return (try? JSONDecoder().decode([String: Int].self, from: Data(bytes))) ?? [:]
    }

    func approve(_ deletions: [String: Int], for drive: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let bytes = Array(try encoder.encode(deletions))
        try open().replaceFile(FileName(drive + ".json"), with: bytes, mode: 0o600)
    }

    /// Forgets all that was approved for a drive: another one may get its name.
    func withdrawAll(for drive: String) throws(SystemError) {
        do {
            try remove(for: drive, in: try Descriptor.open(folder, .directory))
        } catch {
            if error.errno != .noSuchFileOrDirectory { throw error }
        }
    }

    /// Forgets, durably, what was approved of sources: it was for one run.
    func withdraw(_ sources: [String], for drive: String) throws {
        let rest = approved(for: drive).filter { !sources.contains($0.key) }
        if rest.isEmpty {
            try remove(for: drive, in: try open())
        } else {
            try approve(rest, for: drive)
        }
    }

    private func remove(for drive: String, in folder: borrowing Descriptor) throws(SystemError) {
        try folder.removeFileIfPresent(FileName(drive + ".json"))
        try folder.sync()
    }

    private func path(of drive: String) -> FileName {
        folder.appending(FileName(drive + ".json"))
    }

    private func open() throws(SystemError) -> Descriptor {
        try Descriptor.makeFolder(folder, mode: 0o700)
    }
}
