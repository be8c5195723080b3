internal import GRDB
internal import LinuxSystem
import Synchronization
internal import SystemPackage

/// What the program knows of a destination: one SQLite file that describes every entry below it.
///
/// Sealed, it describes the destination as the last run left it, and may be believed as long as the file system's
/// `Seal` says that nobody else wrote. Open, a run is under way or was cut off: each entry is believed only after it
/// was compared with the destination.
///
/// *Durability.* The change of state is on the disk before `markOpen()` and `seal()` return (`synchronous = EXTRA`). In
/// between nothing is waited for (`synchronous = OFF`): a killed process loses no commit, for the kernel has the
/// writes; a power cut can tear the file, but cannot take back the state, which every journal in between holds as open.
/// So an open manifest is examined when it is opened again, and damage means to begin anew.
///
/// *Access.* One process at a time (`locking_mode = EXCLUSIVE`), in it any thread; calls wait for each other and block.
/// At rest it is one file, of mode 0600. Its folder also gets SQLite's temporary files, since `/tmp` may be read-only.
///
/// *For other tools.* Tables `meta`, `entry`, `blocks` as `schema` says; `ManifestStatus` tells the bytes of `status`;
/// hashes are 16 bytes, highest first. `PRAGMA application_id` is 0x58424d46, `user_version` the format.
public final class Manifest: Sendable {
    /// Whether it may be believed as a whole.
    public enum State: String, Hashable, Sendable {
        /// It describes the destination at the end of a run.
        case sealed
        /// A run changes it, or was cut off.
        case open
    }

    struct Memory {
        var state: State
        var identity: ManifestIdentity
        /// The highest number that was given to a folder or a list of blocks.
        var lastNumber: Int64
        /// What the file says of it.
        var writtenNumber: Int64
        /// A new manifest is filled without this index: sorting it once at the end costs far less.
        var hasInodeIndex: Bool
    }

    /// The key of the hashes in it; another one in every manifest that is begun anew.
    public let hashKey: ContentKey

    let queue: DatabaseQueue
    let memory: Mutex<Memory>
    let file: ManifestFile

    init(_ file: ManifestFile, _ queue: DatabaseQueue, _ hashKey: ContentKey, _ memory: Memory) {
        self.file = file
        self.queue = queue
        self.hashKey = hashKey
        self.memory = Mutex(memory)
    }

    deinit {
        // A connection that cannot be closed leaves its journal, which the next one reads, ignoring.
        try? queue.close()
        file.removeEmptyJournal()
    }

    /// Whether it may be believed as a whole.
    public var state: State { memory.withLock { $0.state } }

    /// Which seal it carries; a new one at every `seal()`.
    public var identity: ManifestIdentity { memory.withLock { $0.identity } }
}

/// 16 random bytes that tell one sealed state of a manifest from every other.
public struct ManifestIdentity: Hashable, Sendable, CustomStringConvertible {
    let bytes: [UInt8]

    init?(_ bytes: [UInt8]) {
        if bytes.count != 16 { return nil }
        self.bytes = bytes
    }

    private init(checked bytes: [UInt8]) {
        self.bytes = bytes
    }

    static func random() throws(SystemError) -> ManifestIdentity {
        ManifestIdentity(checked: try SecretBytes(randomCount: 16).withBytes { Array($0) })
    }

    /// 32 hexadecimal digits.
    public var description: String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}

extension Manifest {
    /// Makes it known on the disk that the destination is about to change. Blocks.
    public func markOpen() throws(ManifestError) {
        if state == .open { return }
        try setState(.open, identity)
    }

    /// Makes it known on the disk that it describes the destination, under a new identity. Blocks.
    public func seal() throws(ManifestError) {
        try makeInodeIndex()
        try setState(.sealed, try translatingErrors { try ManifestIdentity.random() })
    }

    private func setState(_ state: State, _ identity: ManifestIdentity) throws(ManifestError) {
        try translatingErrors {
            try queue.writeWithoutTransaction { database in
                let number = memory.withLock { $0.lastNumber }
                try database.durably {
                    let sql = "UPDATE meta SET state = '\(state.rawValue)', identity = ?, last_number = ?"
                    let change = try ManifestStatement(database, sql)
                    change.bind(identity.bytes, at: 1)
                    change.bind(number, at: 2)
                    try change.run()
                }
                memory.withLock {
                    $0.state = state
                    $0.identity = identity
                    $0.writtenNumber = number
                }
            }
        }
    }

    /// Makes the index that `find(inode:)` needs, unless it is there.
    func makeInodeIndex() throws(ManifestError) {
        if memory.withLock({ $0.hasInodeIndex }) { return }
        try translatingErrors {
            try queue.writeWithoutTransaction { try $0.execute(sql: Self.inodeIndex) }
            memory.withLock { $0.hasInodeIndex = true }
        }
    }

    /// Leaves out the index that `find(inode:)` needs until the seal, or until `find` is called. Worth it when about one
    /// entry in ten or more is to be written: an entry into the index costs several times the row, sorting it at the end
    /// a fraction.
    public func postponeInodeIndex() throws(ManifestError) {
        if state == .sealed { throw .sealed }
        try translatingErrors {
            try queue.writeWithoutTransaction { try $0.execute(sql: "DROP INDEX IF EXISTS entry_inode") }
            memory.withLock { $0.hasInodeIndex = false }
        }
    }

    /// A number for a folder that is not in it yet. It is in use once a row of that folder was written.
    public func newFolderNumber() -> FolderNumber {
        FolderNumber(rawValue: newNumber())
    }

    /// A number for the blocks of a file. It is in use once a row that names it was written.
    public func newBlockListNumber() -> BlockListNumber {
        BlockListNumber(rawValue: newNumber())
    }

    private func newNumber() -> Int64 {
        memory.withLock {
            $0.lastNumber += 1
            return $0.lastNumber
        }
    }
}

extension Database {
    /// Runs a change that is on the disk, with everything before it, when this returns.
    func durably(_ body: () throws -> Void) throws {
        try execute(sql: "PRAGMA synchronous = EXTRA")
        defer {
            // Should it stay, the next commits are slower and no less right, ignoring.
            try? execute(sql: "PRAGMA synchronous = OFF")
        }
        try body()
    }
}

extension Manifest {
    /// The format's version. A program reads its own and older ones.
    static let format: Int64 = 1
    /// "XBMF" in the file's header.
    static let applicationID: Int32 = 0x5842_4d46

    static let schema = """
        CREATE TABLE meta (
            only INTEGER PRIMARY KEY CHECK (only = 1),
            identity BLOB NOT NULL,
            hash_key BLOB NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('sealed', 'open')),
            last_number INTEGER NOT NULL -- given to a folder or a list of blocks
        ) STRICT;
        CREATE TABLE entry (
            folder INTEGER NOT NULL, -- 1 is the top of the destination; the top itself: folder 0, empty name
            name BLOB NOT NULL,
            child INTEGER, -- the number of the folder that this is
            inode INTEGER NOT NULL, -- the source's
            checked INTEGER, -- seconds since 1970 when contents were last written or verified
            file INTEGER, -- in blocks
            hash BLOB, -- of the contents
            attributes BLOB, -- digest of the extended attributes
            status BLOB NOT NULL,
            PRIMARY KEY (folder, name)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX entry_child ON entry (child) WHERE child IS NOT NULL;
        CREATE INDEX entry_file ON entry (file) WHERE file IS NOT NULL;
        CREATE TABLE blocks (
            file INTEGER NOT NULL,
            part INTEGER NOT NULL, -- from 0, 64 MiB each
            hashes BLOB NOT NULL, -- of blocks of 64 KiB
            PRIMARY KEY (file, part)
        ) STRICT, WITHOUT ROWID;
        """

    static let inodeIndex = "CREATE INDEX IF NOT EXISTS entry_inode ON entry (inode)"
}
