public import LinuxSystem

/// Something of a drive that is still open, and who holds it. While there is one, the drive must not be
/// pulled.
public struct Leftover: Hashable, Sendable {
    /// What can be open.
    public enum Thing: Hashable, Sendable {
        /// A file system, by the directory it is mounted at.
        case mount(FileName)
        /// An open LUKS device, by its name below /dev/mapper.
        case mapping(FileName)
        /// The whole disk, by its node.
        case disk(FileName)
    }

    /// What is open.
    public let thing: Thing
    /// Who holds it, as far as it could be found out.
    public let holders: [Holder]

    /// Describes what is open.
    public init(_ thing: Thing, holders: [Holder]) {
        self.thing = thing
        self.holders = holders
    }
}

/// Who keeps something of a drive open.
public struct Holder: Hashable, Sendable {
    /// In which way.
    public enum Use: Hashable, Sendable {
        /// An open file or device of that path.
        case openFile(FileName)
        /// It is the current or the root directory.
        case directory
        /// A file mapped into memory.
        case mappedFile
        /// It is mounted there, perhaps only in the process's own mount namespace: a container, a service with
        /// a private view.
        case mount(FileName)
        /// The kernel: a block device on top, of this name.
        case device(FileName)
    }

    /// The process; nil when it is the kernel.
    public let processID: Int32?
    /// The process's program, or the kernel.
    public let program: FileName
    /// In which way.
    public let use: Use

    /// True for what the kernel lets only one do at a time: a mount, a device on top.
    public var isExclusive: Bool {
        switch use {
        case .mount, .device: true
        case .openFile, .directory, .mappedFile: false
        }
    }

    /// Describes a holder.
    public init(processID: Int32?, program: FileName, use: Use) {
        self.processID = processID
        self.program = program
        self.use = use
    }
}

extension Leftover: CustomStringConvertible {
    /// One line for people: `'/run/extbackup/red' is still mounted; 'borg' (process 812) has '…' open`.
    public var description: String {
        let state =
            switch thing {
            case .mount(let path): "\(path) is still mounted"
            case .mapping(let name): "mapping \(name) is still open"
            case .disk(let node): "disk \(node) is still in use"
            }
        return holders.isEmpty ? state : state + "; " + holders.map(\.description).joined(separator: ", ")
    }
}

extension Holder: CustomStringConvertible {
    /// Part of a sentence for people: `'borg' (process 812) has '/run/extbackup/red/x' open`.
    public var description: String {
        let who = processID.map { "\(program) (process \($0))" } ?? "\(program)"
        switch use {
        case .openFile(let path): return "\(who) has \(path) open"
        case .directory: return "\(who) works in it"
        case .mappedFile: return "\(who) has a file of it in memory"
        case .mount(let path): return "\(who) has it mounted at \(path)"
        case .device(let name): return "device \(name) lies on it"
        }
    }
}
