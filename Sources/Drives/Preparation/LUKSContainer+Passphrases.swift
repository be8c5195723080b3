internal import CCryptsetup
internal import LinuxSystem
internal import SystemPackage

/// Which slots hold a person's passphrase. The header says it itself, by a token of LUKS2, so its backups say it too; a
/// slot that is wiped is taken off the token by the library. Slots of other people and machines are not among them.
extension LUKSContainer {
    /// A slot that a passphrase opens.
    struct PassphraseSlot: Hashable {
        let number: Int32
        /// What opening it costs; nil when it is not argon2id.
        let cost: PassphraseCost?
    }

    private static let tokenType = "extbackup-passphrase"
    private static let slots: Range<Int32> = 0..<32

    /// The slots of passphrases, in order.
    func passphraseSlots() throws(CryptError) -> [PassphraseSlot] {
        let context = try CryptContext(path: path)
        try context.loadLUKS2()
        guard let token = try Self.token(in: context) else { return [] }
        var found: [PassphraseSlot] = []
        for slot in Self.slots where try Self.isAssigned(token, to: slot, in: context) {
            found.append(PassphraseSlot(number: slot, cost: try Self.cost(of: slot, in: context)))
        }
        return found
    }

    /// What opens the container beside the machine's own key.
    struct Slots {
        let passphrases: [PassphraseSlot]
        /// Nobody noted what: passphrases that were added by hand, keys of other machines.
        let others: [Int32]
    }

    /// The slots that something opens, without the key's.
    func slots(beside key: Int32) throws(CryptError) -> Slots {
        let passphrases = try passphraseSlots()
        let known = [key] + passphrases.map(\.number)
        return Slots(passphrases: passphrases, others: try usedSlots().filter { !known.contains($0) })
    }

    /// Notes that a slot's secret is a person's passphrase.
    func markAsPassphrase(slot: Int32) throws(CryptError) {
        let context = try CryptContext(path: path)
        try context.loadLUKS2()
        try Self.mark(slot, in: context)
    }

    static func mark(_ slot: Int32, in context: borrowing CryptContext) throws(CryptError) {
        if let token = try token(in: context) {
            try context.call("crypt_token_assign_keyslot") { crypt_token_assign_keyslot($0, token, slot) }
        } else {
            let json = "{\"type\":\"\(tokenType)\",\"keyslots\":[\"\(slot)\"]}"
            try context.call("crypt_token_json_set") { device in
                json.withCString { crypt_token_json_set(device, CRYPT_ANY_TOKEN, $0) }
            }
        }
    }

    /// The slots that something opens, in order.
    func usedSlots() throws(CryptError) -> [Int32] {
        var used: [Int32] = []
        for slot in Self.slots where try isUsed(slot: slot) { used.append(slot) }
        return used
    }

    private static func token(in context: borrowing CryptContext) throws(CryptError) -> Int32? {
        let count = try context.call("crypt_token_max") { _ in crypt_token_max(CRYPT_LUKS2) }
        var found: Int32?
        for token in 0..<count where found == nil {
            try context.call("crypt_token_status") { device in
                var type: UnsafePointer<CChar>?
                let status = crypt_token_status(device, token, &type)
                let isThere = status != CRYPT_TOKEN_INVALID && status != CRYPT_TOKEN_INACTIVE
                if isThere, let type, String(cString: type) == tokenType { found = token }
                return 0
            }
        }
        return found
    }

    private static func isAssigned(
        _ token: Int32,
        to slot: Int32,
        in context: borrowing CryptContext
    ) throws(CryptError) -> Bool {
        do {
            try context.call("crypt_token_is_assigned") { crypt_token_is_assigned($0, token, slot) }
            return true
        } catch {
            if error.errno == .noSuchFileOrDirectory { return false }
            throw error
        }
    }

    private static func cost(
        of slot: Int32,
        in context: borrowing CryptContext
    ) throws(CryptError) -> PassphraseCost? {
        var derivation = crypt_pbkdf_type()
        try context.call("crypt_keyslot_get_pbkdf") { crypt_keyslot_get_pbkdf($0, slot, &derivation) }
        guard let type = derivation.type, String(cString: type) == CRYPT_KDF_ARGON2ID else { return nil }
        return PassphraseCost(
            passes: derivation.iterations,
            memoryKiB: derivation.max_memory_kb,
            lanes: derivation.parallel_threads
        )
    }
}
