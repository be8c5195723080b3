public import LinuxSystem

/// `CACHEDIR.TAG`, which marks a folder as a cache that need not be backed up (https://bford.info/cachedir/).
enum CacheTag {
    static let name: FileName = "CACHEDIR.TAG"

    private static let signature = Array("Signature: 8a477f597d28d172789f06886806bc55".utf8)
    /// So many bytes decide.
    static let signatureLength = signature.count

    /// True when a tag file's first bytes make it one; what follows does not matter.
    static func isValid(_ bytes: some Collection<UInt8>) -> Bool {
        bytes.starts(with: signature)
    }

    /// True when the last component of `path`, which begins at `start`, is the tag's name.
    static func isName(_ path: Span<UInt8>, at start: Int) -> Bool {
        path.count - start == name.bytes.count && path.holds(name.bytes, at: start)
    }
}

/// `.extbackupignore`: rules for the folder that holds it and for all below.
struct IgnoreFile: Sendable {
    static let name: FileName = ".extbackupignore"
    /// A larger file is refused, for its rules are asked about every entry.
    static let sizeLimit = 64 << 10

    /// Its own rules; a pattern with a slash in front is anchored at its folder.
    let rules: FilterRules
    /// True when a `!` dropped the rules of the files in the folders above.
    let dropsOuterRules: Bool

    init(parsing bytes: [UInt8]) throws(IgnoreFileError) {
        if bytes.count > Self.sizeLimit { throw .tooLarge }
        do {
            let file = try ExcludeFile(parsing: bytes)
            rules = file.rules
            dropsOuterRules = file.dropsEarlierRules
        } catch {
            throw .wrong(error)
        }
    }
}

/// Why the rules of an `.extbackupignore` do not hold.
public enum IgnoreFileError: Error, Hashable, Sendable {
    /// It cannot be read.
    case unreadable(SystemError)
    /// It is something else than a regular file; links are not followed, for they may lead anywhere.
    case notRegular
    /// It is larger than 64 KiB.
    case tooLarge
    /// A line of it is no rule.
    case wrong(ExcludeFileError)
}

extension IgnoreFileError: CustomStringConvertible {
    /// One line for people, to stand behind the file's name.
    public var description: String {
        switch self {
        case .unreadable(let error): "cannot be read: \(error.reason)"
        case .notRegular: "is no regular file"
        case .tooLarge: "is larger than 64 KiB"
        case .wrong(let error): "\(error)"
        }
    }
}

/// What a folder of the source says about itself.
struct FolderMarks: Sendable {
    /// What its `.extbackupignore` says.
    enum Rules: Sendable {
        case none
        case file(IgnoreFile)
        /// The file is to be named. It excludes nothing; and since nobody knows what it protects, nothing may be
        /// deleted in this folder and below.
        case unusable(IgnoreFileError)
    }

    var rules = Rules.none
    /// True for a tagged cache that is left empty.
    var isLeftEmpty = false

    /// A folder that says nothing.
    static let none = FolderMarks()

    /// Takes the contents of the two files; nil for those that are not there.
    init(ignoreFile: [UInt8]? = nil, cacheTag: [UInt8]? = nil) {
        if let ignoreFile {
            do {
                rules = .file(try IgnoreFile(parsing: ignoreFile))
            } catch {
                rules = .unusable(error)
            }
        }
        isLeftEmpty = cacheTag.map { CacheTag.isValid($0) } ?? false
    }
}
