internal import LinuxSystem
internal import SystemPackage

/// Everything about an entry but its contents: owner, mode, time, extended attributes with ACLs and capabilities
/// among them.
struct EntryMetadata: Sendable {
    let status: EntryStatus
    let attributes: [FileName: [UInt8]]
    /// It had changed so shortly before that a change that follows may bear the same time: clocks of file systems
    /// tick in milliseconds to two seconds.
    let isRacy: Bool

    /// Reads what belongs to `status`, which was asked for just now, besides it.
    init(_ status: EntryStatus, at place: AttributePlace, _ ability: Ability) throws(SystemError) {
        self.status = status
        isRacy = status.changed.seconds >= UnixTime.now().seconds - 2
        attributes = try Self.readAttributes(at: place, ability)
    }

    static func readAttributes(
        at place: AttributePlace,
        _ ability: Ability
    ) throws(SystemError) -> [FileName: [UInt8]] {
        var values: [FileName: [UInt8]] = [:]
        for name in try place.names() where ability.carries(name) {
            // One that was removed since it was listed is none.
            if let value = try place.value(name) { values[name] = value }
        }
        return values
    }

    /// What the two statuses alone tell.
    static func statusDifferences(
        _ source: EntryStatus,
        _ mirror: EntryStatus,
        _ ability: Ability
    ) -> Differences {
        var differences: Differences = []
        if source.kind != .symbolicLink && source.permissions != mirror.permissions {
            differences.insert(.permissions)
        }
        if source.modified != mirror.modified { differences.insert(.time) }
        if ability.setsOwners {
            if source.uid != mirror.uid { differences.insert(.owner) }
            if source.gid != mirror.gid { differences.insert(.group) }
        }
        return differences
    }

    /// A digest of attributes, in the order of their names; nil for none.
    static func digest(of attributes: [FileName: [UInt8]], _ key: ContentKey) -> ContentHash? {
        if attributes.isEmpty { return nil }
        var bytes: [UInt8] = []
        for (name, value) in attributes.sorted(by: { $0.key < $1.key }) {
            bytes += name.bytes + [0]
            withUnsafeBytes(of: UInt64(value.count).littleEndian) { bytes += $0 }
            bytes += value
        }
        return bytes.withUnsafeBytes { key.hash($0) }
    }

    static func attributeDifferences(
        _ source: [FileName: [UInt8]],
        _ mirror: [FileName: [UInt8]]
    ) -> Differences {
        if source == mirror { return [] }
        var differences: Differences = []
        for name in Set(source.keys).union(mirror.keys) where source[name] != mirror[name] {
            differences.insert(Ability.isAccessList(name) ? .accessLists : .attributes)
        }
        return differences
    }
}

/// What the process can carry: root everything, others what is theirs.
enum Ability: Sendable {
    case root
    case user

    static var ofProcess: Ability { ProcessLimits.isRoot ? .root : .user }

    var setsOwners: Bool { self == .root }

    /// ACLs are attributes in the raw form of the kernel; other attributes of the namespace `system`, and those of a
    /// file system itself (`btrfs.`), mean nothing elsewhere.
    func carries(_ attribute: FileName) -> Bool {
        let name = attribute.bytes
        if name.starts(with: "user.".utf8) { return true }
        if Self.isAccessList(attribute) { return true }
        // XFS shows its own form of the two lists beside them; to set or remove it would change the list.
        if name.starts(with: "trusted.SGI_ACL_".utf8) { return false }
        return self == .root && (name.starts(with: "trusted.".utf8) || name.starts(with: "security.".utf8))
    }

    static func isAccessList(_ attribute: FileName) -> Bool {
        attribute == "system.posix_acl_access" || attribute == "system.posix_acl_default"
    }
}

/// What an entry has before its metadata are set.
struct PresentMetadata: Sendable {
    let uid: UInt32
    let gid: UInt32
    let permissions: UInt32
    let attributes: [FileName: [UInt8]]
}

/// The entry whose metadata is set.
enum MetadataTarget {
    /// An open file or folder.
    case open(SharedDescriptor)
    /// A name in a folder, which is not followed.
    case named(FileName, in: SharedDescriptor)

    private var place: AttributePlace {
        switch self {
        case .open(let file): AttributePlace(of: file.descriptor)
        case .named(let name, let folder): AttributePlace(name, in: folder.descriptor)
        }
    }

    private func status() throws(SystemError) -> EntryStatus {
        switch self {
        case .open(let file): try file.descriptor.status()
        case .named(let name, let folder): try folder.descriptor.status(of: name)
        }
    }

    /// What the entry has now.
    func present(_ ability: Ability) throws(SystemError) -> PresentMetadata {
        let status = try status()
        return PresentMetadata(
            uid: status.uid,
            gid: status.gid,
            permissions: status.permissions,
            attributes: try EntryMetadata.readAttributes(at: place, ability)
        )
    }

    /// Makes the metadata equal to `wanted`.
    ///
    /// The order matters: a new owner clears set-id bits and capabilities, so attributes come after it; an ACL changes
    /// the mode, so the mode comes after that; everything before may change the time.
    ///
    /// - Parameter known: what the entry has now; asked for when it is nil.
    /// - Returns: the first attribute that the destination does not take.
    func apply(
        _ wanted: EntryMetadata,
        over known: PresentMetadata? = nil,
        _ ability: Ability
    ) throws(SystemError) -> SystemError? {
        let present = if let known { known } else { try present(ability) }
        let status = wanted.status
        let hasOwner = !ability.setsOwners || (present.uid, present.gid) == (status.uid, status.gid)
        if !hasOwner { try setOwner(status.uid, status.gid) }
        let hasAttributes = present.attributes == wanted.attributes
        var refused: SystemError?
        if !hasAttributes { refused = try setAttributes(wanted.attributes, over: present.attributes) }
        let hasMode = hasOwner && hasAttributes && present.permissions == status.permissions
        if status.kind != .symbolicLink && !hasMode { try setPermissions(status.permissions) }
        try setModified(status.modified)
        return refused
    }

    private func setAttributes(
        _ wanted: [FileName: [UInt8]],
        over present: [FileName: [UInt8]]
    ) throws(SystemError) -> SystemError? {
        var refused: SystemError?
        for name in present.keys where wanted[name] == nil {
            do {
                try place.remove(name)
            } catch {
                guard try isRefusal(error) else { throw error }
                refused = refused ?? error
            }
        }
        for (name, value) in wanted where present[name] != value {
            do {
                try place.set(name, to: value)
            } catch {
                guard try isRefusal(error) else { throw error }
                refused = refused ?? error
            }
        }
        return refused
    }

    /// True when the destination takes this attribute at no time. ext4 says "no space" for a value that is larger
    /// than its one block of attributes, so a device that has room tells the difference.
    private func isRefusal(_ error: SystemError) throws(SystemError) -> Bool {
        switch error.errno {
        case .notSupported, .notPermitted, .permissionDenied, .invalidArgument, .argListTooLong, .outOfRange:
            return true
        case .noSpace:
            let free =
                switch self {
                case .open(let file): try file.descriptor.availableBytes()
                case .named(_, let folder): try folder.descriptor.availableBytes()
                }
            return free > 1 << 20
        default: return false
        }
    }

    private func setOwner(_ uid: UInt32, _ gid: UInt32) throws(SystemError) {
        switch self {
        case .open(let file): try file.descriptor.setOwner(uid: uid, gid: gid)
        case .named(let name, let folder): try folder.descriptor.setOwner(of: name, uid: uid, gid: gid)
        }
    }

    private func setPermissions(_ permissions: UInt32) throws(SystemError) {
        switch self {
        case .open(let file): try file.descriptor.setPermissions(permissions)
        case .named(let name, let folder): try folder.descriptor.setPermissions(of: name, permissions)
        }
    }

    private func setModified(_ time: FileTime) throws(SystemError) {
        switch self {
        case .open(let file): try file.descriptor.setModified(time)
        case .named(let name, let folder): try folder.descriptor.setModified(of: name, time)
        }
    }
}
