internal import CCryptsetup
internal import LinuxSystem
internal import SystemPackage

/// Makes a LUKS2 container and proves that its keys open it. Needs no device-mapper.
///
/// The key file's slot is 0 and cheap: its 64 random bytes cannot be guessed, and a small machine opens the drive
/// at once. A passphrase's slot costs what `PassphraseCost` says, and is marked.
struct LUKSContainer {
    static let keySlot: Int32 = 0
    /// In a new container; one that replaces it gets another.
    static let passphraseSlot: Int32 = 1
    static let keyBytes = 64
    static let subsystem = "extbackup"
    private static let volumeKeyBytes = 64
    /// Partitions made here are aligned for it whatever the disk's own sectors are.
    private static let sectorBytes: UInt32 = 4096

    /// The partition or image.
    let path: FileName

    /// Writes a new header; what lies there is lost.
    ///
    /// - Parameters:
    ///   - label: at most 47 bytes; udev shows it as `ID_FS_LABEL`.
    /// - Returns: the container's UUID as it is written in the header, which udev's links and unit names follow.
    func format(
        label: String,
        key: borrowing SecretBytes,
        passphrase: borrowing SecretBytes?,
        cost: PassphraseCost
    ) throws(CryptError) -> String {
        let context = try CryptContext(path: path)
        try withKeyDerivation { (derivation) throws(CryptError) in
            try context.call("crypt_format") { device in
                Self.subsystem.withCString { subsystem in
                    label.withCString { label in
                        var parameters = crypt_params_luks2()
                        parameters.pbkdf = derivation
                        parameters.sector_size = Self.sectorBytes
                        parameters.label = label
                        parameters.subsystem = subsystem
                        return crypt_format(
                            device,
                            CRYPT_LUKS2,
                            "aes",
                            "xts-plain64",
                            nil,
                            nil,
                            Self.volumeKeyBytes,
                            &parameters
                        )
                    }
                }
            }
            try Self.add(key, slot: Self.keySlot, derivation, context)
        }
        switch passphrase {
        case .some(let passphrase):
            try withKeyDerivation(cost) { (derivation) throws(CryptError) in
                try Self.add(passphrase, slot: Self.passphraseSlot, derivation, context)
                try Self.mark(Self.passphraseSlot, in: context)
            }
        case .none: break
        }
        guard let uuid = context.uuid else {
            throw CryptError(call: "crypt_get_uuid", errno: .invalidArgument)
        }
        return uuid
    }

    /// True when the secret opens the slot. The header is read anew from the disk.
    func opens(slot: Int32, with secret: borrowing SecretBytes) throws(CryptError) -> Bool {
        let context = try CryptContext(path: path)
        try context.loadLUKS2()
        do {
            try secret.withBytes { (bytes) throws(CryptError) in
                _ = try context.call("crypt_activate_by_passphrase") {
                    crypt_activate_by_passphrase($0, nil, slot, bytes.baseAddress, bytes.count, 0)
                }
            }
            return true
        } catch {
            if error.errno == .notPermitted { return false }
            throw error
        }
    }

    /// The slot that the secret opens; nil when it opens none.
    func slot(openedBy secret: borrowing SecretBytes) throws(CryptError) -> Int32? {
        let context = try CryptContext(path: path)
        try context.loadLUKS2()
        var slot: Int32?
        do {
            try secret.withBytes { (bytes) throws(CryptError) in
                slot = try context.call("crypt_activate_by_passphrase") {
                    crypt_activate_by_passphrase(
                        $0,
                        nil,
                        CRYPT_ANY_SLOT,
                        bytes.baseAddress,
                        bytes.count,
                        0
                    )
                }
            }
        } catch {
            if error.errno != .notPermitted { throw error }
        }
        return slot
    }

    /// The UUID as it is written in the header.
    func uuid() throws(CryptError) -> String {
        let context = try CryptContext(path: path)
        try context.loadLUKS2()
        guard let uuid = context.uuid else {
            throw CryptError(call: "crypt_get_uuid", errno: .invalidArgument)
        }
        return uuid
    }

    /// Adds a key that cannot be guessed, proven by a secret that opens the container.
    ///
    /// - Returns: its slot.
    func add(
        _ key: borrowing SecretBytes,
        provenBy secret: borrowing SecretBytes
    ) throws(CryptError) -> Int32 {
        var slot: Int32 = -1
        try withKeyDerivation { (derivation) throws(CryptError) in
            slot = try add(key, provenBy: secret, derivation)
        }
        return slot
    }

    private func add(
        _ new: borrowing SecretBytes,
        provenBy secret: borrowing SecretBytes,
        _ derivation: UnsafePointer<crypt_pbkdf_type>
    ) throws(CryptError) -> Int32 {
        let context = try CryptContext(path: path)
        try context.loadLUKS2()
        try context.call("crypt_set_pbkdf_type") { crypt_set_pbkdf_type($0, derivation) }
        return try secret.withBytes { (secret) throws(CryptError) in
            try new.withBytes { (new) throws(CryptError) in
                try context.call("crypt_keyslot_add_by_passphrase") {
                    crypt_keyslot_add_by_passphrase(
                        $0,
                        CRYPT_ANY_SLOT,
                        secret.baseAddress,
                        secret.count,
                        new.baseAddress,
                        new.count
                    )
                }
            }
        }
    }

    /// What the header says of the container beside its UUID.
    struct Names: Equatable {
        let label: String?
        /// Who looks after it: udev's rules go by that.
        let subsystem: String?
    }

    func names() throws(CryptError) -> Names {
        let context = try CryptContext(path: path)
        try context.loadLUKS2()
        var names = Names(label: nil, subsystem: nil)
        try context.call("crypt_get_label") { device in
            names = Names(
                label: crypt_get_label(device).map { String(cString: $0) },
                subsystem: crypt_get_subsystem(device).map { String(cString: $0) }
            )
            return 0
        }
        return names
    }

    func setNames(_ names: Names) throws(CryptError) {
        let context = try CryptContext(path: path)
        try context.loadLUKS2()
        try context.call("crypt_set_label") { crypt_set_label($0, names.label, names.subsystem) }
    }

    /// Writes header and key slots into a file that must not exist; it gets mode 0400.
    func backUpHeader(to file: FileName) throws(CryptError) {
        let context = try CryptContext(path: path)
        try context.loadLUKS2()
        try context.call("crypt_header_backup") { device in
            file.withCString { crypt_header_backup(device, CRYPT_LUKS2, $0) }
        }
    }

    /// Gives a slot another key, without a moment in which neither opens it: the library writes a new slot, and exchanges
    /// both in one write of the metadata.
    func changeKey(
        slot: Int32,
        from old: borrowing SecretBytes,
        to new: borrowing SecretBytes
    ) throws(CryptError) {
        let context = try CryptContext(path: path)
        try context.loadLUKS2()
        try withKeyDerivation { (derivation) throws(CryptError) in
            try context.call("crypt_set_pbkdf_type") { crypt_set_pbkdf_type($0, derivation) }
            try old.withBytes { (old) throws(CryptError) in
                try new.withBytes { (new) throws(CryptError) in
                    _ = try context.call("crypt_keyslot_change_by_passphrase") {
                        crypt_keyslot_change_by_passphrase(
                            $0,
                            slot,
                            slot,
                            old.baseAddress,
                            old.count,
                            new.baseAddress,
                            new.count
                        )
                    }
                }
            }
        }
    }

    /// Adds a passphrase, proven by a key that opens the container.
    ///
    /// - Returns: its slot, which is not marked yet.
    func add(
        _ passphrase: borrowing SecretBytes,
        provenBy key: borrowing SecretBytes,
        cost: PassphraseCost
    ) throws(CryptError) -> Int32 {
        var added: Int32 = -1
        try withKeyDerivation(cost) { (derivation) throws(CryptError) in
            added = try add(passphrase, provenBy: key, derivation)
        }
        return added
    }

    /// True when something opens the slot.
    func isUsed(slot: Int32) throws(CryptError) -> Bool {
        let status = try status(of: slot)
        return status == CRYPT_SLOT_ACTIVE || status == CRYPT_SLOT_ACTIVE_LAST
    }

    /// True when nothing else opens the container.
    func isLast(slot: Int32) throws(CryptError) -> Bool {
        try status(of: slot) == CRYPT_SLOT_ACTIVE_LAST
    }

    private func status(of slot: Int32) throws(CryptError) -> crypt_keyslot_info {
        let context = try CryptContext(path: path)
        try context.loadLUKS2()
        var status = CRYPT_SLOT_INVALID
        try context.call("crypt_keyslot_status") {
            status = crypt_keyslot_status($0, slot)
            return 0
        }
        return status
    }

    /// Wipes a slot: what opened it opens nothing any more.
    func removeSlot(_ slot: Int32) throws(CryptError) {
        let context = try CryptContext(path: path)
        try context.loadLUKS2()
        try context.call("crypt_keyslot_destroy") { crypt_keyslot_destroy($0, slot) }
    }

    /// Writes header and key slots from a file back; what lies behind them is not touched.
    func restoreHeader(from file: FileName) throws(CryptError) {
        let context = try CryptContext(path: path)
        try context.call("crypt_header_restore") { device in
            file.withCString { crypt_header_restore(device, CRYPT_LUKS2, $0) }
        }
    }

    private static func add(
        _ secret: borrowing SecretBytes,
        slot: Int32,
        _ derivation: UnsafePointer<crypt_pbkdf_type>,
        _ context: borrowing CryptContext
    ) throws(CryptError) {
        try context.call("crypt_set_pbkdf_type") { crypt_set_pbkdf_type($0, derivation) }
        try secret.withBytes { (bytes) throws(CryptError) in
            _ = try context.call("crypt_keyslot_add_by_volume_key") {
                crypt_keyslot_add_by_volume_key($0, slot, nil, 0, bytes.baseAddress, bytes.count)
            }
        }
    }

    /// For secrets that cannot be guessed.
    private func withKeyDerivation(
        _ body: (UnsafePointer<crypt_pbkdf_type>) throws(CryptError) -> Void
    ) throws(CryptError) {
        var derivation = crypt_pbkdf_type()
        derivation.iterations = 1000
        try withNames(CRYPT_KDF_PBKDF2, &derivation, body)
    }

    /// For passphrases.
    private func withKeyDerivation(
        _ cost: PassphraseCost,
        _ body: (UnsafePointer<crypt_pbkdf_type>) throws(CryptError) -> Void
    ) throws(CryptError) {
        var derivation = crypt_pbkdf_type()
        derivation.iterations = cost.passes
        derivation.max_memory_kb = cost.memoryKiB
        derivation.parallel_threads = cost.lanes
        try withNames(CRYPT_KDF_ARGON2ID, &derivation, body)
    }

    /// The library keeps no copy of the names: they must live as long as the call.
    private func withNames(
        _ type: String,
        _ derivation: inout crypt_pbkdf_type,
        _ body: (UnsafePointer<crypt_pbkdf_type>) throws(CryptError) -> Void
    ) throws(CryptError) {
        derivation.flags = EXT_CRYPT_PBKDF_NO_BENCHMARK
        let type = FileName(type)
        let hash: FileName = "sha256"
        var filled = derivation
        try type.withCString { (type) throws(CryptError) in
            try hash.withCString { (hash) throws(CryptError) in
                filled.type = type
                filled.hash = hash
                try withUnsafePointer(to: filled, body)
            }
        }
    }
}
