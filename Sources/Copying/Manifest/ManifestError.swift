internal import GRDB
public import LinuxSystem
internal import SystemPackage

/// Why a manifest could not be read or written.
public enum ManifestError: Error, Hashable, Sendable {
    /// A system call on the file failed; `ELOOP`: it is a symbolic link.
    case file(SystemError)
    /// Something that is no manifest has its name. It was left alone.
    case foreign(FileName)
    /// A newer program made it, with this format version.
    case newer(format: Int64)
    /// The file is damaged: what it says cannot be believed. `Manifest.discard(at:)`, and begin anew.
    case damaged(String)
    /// Its file system is full.
    case noSpace(String)
    /// Another process, or another `Manifest` of this one, has it open.
    case inUse
    /// It is sealed: `markOpen()` comes before the first change.
    case sealed
    /// Anything else that SQLite says.
    case other(String)
}

extension ManifestError: CustomStringConvertible {
    /// One line for people.
    public var description: String {
        switch self {
        case .file(let error): "the manifest cannot be opened: \(error)"
        case .foreign(let name): "\(name) is no manifest"
        case .newer(let format): "the manifest has format \(format), which is newer than this program"
        case .damaged(let text): "the manifest is damaged: \(text)"
        case .noSpace(let text): "no space for the manifest: \(text)"
        case .inUse: "another process uses the manifest"
        case .sealed: "the manifest is sealed and was not opened for changes"
        case .other(let text): "the manifest failed: \(text)"
        }
    }
}

extension ManifestError {
    /// Sorts what a call into SQLite or the kernel threw.
    init(_ error: any Error) {
        switch error {
        case let error as ManifestError:
            self = error
        case let error as DatabaseError:
            let text = error.message ?? "SQLite error \(error.resultCode.rawValue)"
            switch error.resultCode {
            case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .damaged(text)
            case .SQLITE_FULL: self = .noSpace(text)
            case .SQLITE_BUSY, .SQLITE_LOCKED: self = .inUse
            default: self = .other(text)
            }
        case let error as SystemError:
            self = error.errno == .noSpace ? .noSpace(error.description) : .file(error)
        default:
            self = .other("\(error)")
        }
    }
}

/// Runs calls into SQLite and the kernel, and throws what they throw as a `ManifestError`.
func translatingErrors<Result>(_ body: () throws -> Result) throws(ManifestError) -> Result {
    do {
        return try body()
    } catch {
        throw ManifestError(error)
    }
}
