import Glibc
import LinuxSystem
import SystemPackage
import Testing

@testable import Drives

@Suite("A crypt context")
struct CryptContextTests {
    @Test("on a missing file says that it is missing")
    func missing() {
        #expect(throws: CryptError.self) { _ = try CryptContext(path: "/no/such/image") }
    }

    @Test("without a LUKS2 header cannot be loaded, and the error carries the library's words")
    func noHeader() throws {
        let folder = try TemporaryFolder()
        let image = try folder.makeImage("plain.img", byteCount: 1 << 20)
        let context = try CryptContext(path: image)
        do {
            try context.loadLUKS2()
            Issue.record("a file of zeros has no header")
        } catch {
            #expect(error.call == "crypt_load")
            #expect(error.errno == .invalidArgument)
            #expect(error.description.contains("crypt_load"))
        }
    }
}
