public import LinuxSystem

/// A passphrase of words that can be read aloud, written down and typed: proquints, five letters for 16 random bits
/// (D. S. Wilkerson, "A Proposal for Proquints", arXiv:0901.4016).
public enum GeneratedPassphrase {
    /// How hard it is to guess: as many tries as 2 to this power, each at the cost of the key derivation.
    public static let entropyBits = wordCount * 16

    private static let wordCount = 5
    private static let consonants = Array("bdfghjklmnprstvz".utf8)
    private static let vowels = Array("aiou".utf8)

    /// A new one: `lusab-babad-gutih-tugad-mudof`.
    public static func make() throws(SystemError) -> SecretBytes {
        let random = try SecretBytes(randomCount: wordCount * 2)
        var text = random.withBytes { words(of: $0) }
        return SecretBytes(wiping: &text)
    }

    /// The words of some bytes, of which there must be an even number.
    static func words(of bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count * 3)
        for index in stride(from: 0, to: bytes.count - 1, by: 2) {
            if !text.isEmpty { text.append(UInt8(ascii: "-")) }
            let bits = Int(bytes[index]) << 8 | Int(bytes[index + 1])
            text.append(consonants[bits >> 12 & 15])
            text.append(vowels[bits >> 10 & 3])
            text.append(consonants[bits >> 6 & 15])
            text.append(vowels[bits >> 4 & 3])
            text.append(consonants[bits & 15])
        }
        return text
    }
}
