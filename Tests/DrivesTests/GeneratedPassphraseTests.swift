import LinuxSystem
import Testing

@testable import Drives

@Suite("A passphrase that was made")
struct GeneratedPassphraseTests {
    private func text(_ secret: borrowing SecretBytes) -> String {
        secret.withBytes { String(decoding: $0, as: UTF8.self) }
    }

    @Test(
        "spells its bits as the proposal for proquints does",
        arguments: [
            // 127.0.0.1, 63.84.220.193, 255.255.255.255 and 0.0.0.0 of the paper's table.
            ([127, 0, 0, 1], "lusab-babad"), ([63, 84, 220, 193], "gutih-tugad"),
            ([255, 255, 255, 255], "zuzuz-zuzuz"), ([0, 0, 0, 0], "babab-babab"),
        ] as [([UInt8], String)]
    )
    func spelling(bytes: [UInt8], words: String) {
        let made = bytes.withUnsafeBytes { GeneratedPassphrase.words(of: $0) }
        #expect(String(decoding: made, as: UTF8.self) == words)
    }

    @Test("has five words, and another one each time")
    func random() throws {
        let first = text(try GeneratedPassphrase.make())
        #expect(first.split(separator: "-").map(\.count) == [5, 5, 5, 5, 5])
        #expect(first != text(try GeneratedPassphrase.make()))
        #expect(GeneratedPassphrase.entropyBits == 80)
    }
}
