import Fuzzing
import LinuxSystem
import Testing

@testable import Drives

@Suite("A marker on a hostile drive")
struct MarkerFuzzTests {
    private func isAccepted(_ bytes: [UInt8]) -> Bool {
        // What is wrong with it other tests tell, ignoring.
        (try? Marker(parsing: bytes)) != nil
    }

    @Test("is accepted and refused as it was", arguments: try Corpus("marker").entries)
    func corpus(entry: Corpus.Entry) {
        #expect(isAccepted(entry.bytes) == entry.name.hasPrefix("good"))
    }

    @Test("is one that is written so again, or is refused in one line", .timeLimit(.minutes(10)))
    func fuzz() throws {
        let fragments = [
            "version = 1\n", "version = 18446744073709551616\n", "drive = \"\"\n", "name = \"../x\"\n", " = ",
            "\"", "\u{0}",
            "\u{301}", "\r\n", "# ", "run_counter = ٣\n", "luks_uuid = \"\n",
        ]
        Fuzz(try Corpus("marker"), fragments: fragments, rounds: 5000).run("markers") { bytes, seed in
            do throws(MarkerError) {
                let marker = try Marker(parsing: bytes)
                #expect(try Marker(parsing: Array(marker.text.utf8)) == marker, "\(seed)")
                #expect(marker.driveID.utf8.count == 32 && marker.luksUUID.utf8.count == 36, "\(seed)")
            } catch {
                #expect(!error.description.contains { $0.isNewline || $0 == "\u{1b}" }, "\(seed)")
            }
        }
    }
}
