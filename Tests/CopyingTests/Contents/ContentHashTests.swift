import Copying
import LinuxSystem
import Testing

@Suite("Hashes of contents")
struct ContentHashTests {
    /// Known answers of xxh128sum.
    static let vectors: [(text: String, count: Int, hash: String)] = [
        ("", 1, "99aa06d3014798d86001c324468d497f"),
        ("a", 1, "a96faf705af16834e6c632b61e964e1f"),
        ("hello world", 1, "df8d09e93f874900a99b8775cc15b6c7"),
        ("0123456789", 30, "7ddadb70cbb43a6305681ea1b2e3086b"),
        ("x", 100_000, "0fe996a84987456bd8b99a30e426ac41"),
    ]

    @Test("without a key the hash is xxh128sum's, whole or in pieces", arguments: vectors)
    func knownAnswers(text: String, count: Int, expected: String) {
        let bytes = Array(String(repeating: text, count: count).utf8)
        var whole = ContentHasher(nil)
        bytes.withUnsafeBytes { whole.update($0) }
        #expect(whole.hash.description == expected)

        var pieces = ContentHasher(nil)
        var rest = bytes[...]
        while !rest.isEmpty {
            rest.prefix(777).withUnsafeBytes { pieces.update($0) }
            rest = rest.dropFirst(777)
        }
        #expect(pieces.hash == whole.hash)
    }

    @Test("xxh128sum has the same opinion of a file of some MiB")
    func secondOpinion() throws {
        let folder = try TemporaryFolder()
        let bytes = (0..<3_000_001).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }
        let file = try folder.folder.open("file", [.write, .create])
        try file.writeAll(bytes)
        let line = try run("/usr/bin/xxh128sum", folder.path + "/file")
        var hasher = ContentHasher(nil)
        bytes.withUnsafeBytes { hasher.update($0) }
        #expect(line.contains(hasher.hash.description))
    }

    @Test(
        "another key gives another hash, the same key the same, for every length",
        arguments: [
            0, 1, 3, 8, 16, 17, 128, 129, 240, 241, 4096, 65536, 65537,
        ]
    )
    func keys(count: Int) throws {
        let bytes = [UInt8](repeating: 7, count: count)
        let first = try #require(ContentKey(bytes: 0..<16))
        let second = try #require(ContentKey(bytes: 1..<17))
        let hashes = [first, second, first].map { key in bytes.withUnsafeBytes { key.hash($0) } }
        #expect(hashes[0] != hashes[1])
        #expect(hashes[0] == hashes[2])
        var plain = ContentHasher(nil)
        bytes.withUnsafeBytes { plain.update($0) }
        #expect(hashes[0] != plain.hash)

        var stream = ContentHasher(first)
        bytes.withUnsafeBytes { stream.update($0) }
        #expect(stream.hash == hashes[0])
        stream.reset()
        bytes.withUnsafeBytes { stream.update($0) }
        #expect(stream.hash == hashes[0])
    }

    @Test("the keyed hash stays what it is: manifests of years ago are read with it")
    func keyedAnswer() throws {
        let key = try #require(ContentKey(bytes: 0..<16))
        let hash = [UInt8](repeating: 0, count: 65536).withUnsafeBytes { key.hash($0) }
        #expect(hash.description == "29d8ba25229ebde06014aad92ece1dbe")
    }

    @Test("two random keys differ, and a key is made again of its bytes")
    func randomKeys() throws {
        let key = try ContentKey.random()
        #expect(try ContentKey.random().bytes != key.bytes)
        let again = try #require(ContentKey(bytes: key.bytes))
        let text = Array("text".utf8)
        #expect(text.withUnsafeBytes { again.hash($0) } == text.withUnsafeBytes { key.hash($0) })
        #expect(ContentKey(bytes: [1, 2, 3]) == nil)
    }

    @Test("bytes and packed lists are read back")
    func bytes() throws {
        let hash = ContentHash(high: 0x0123_4567_89ab_cdef, low: 0xf)
        #expect(hash.description == "0123456789abcdef000000000000000f")
        #expect(hash.bytes.first == 0x01 && hash.bytes.last == 0x0f)
        #expect(ContentHash(bytes: hash.bytes) == hash)
        #expect(ContentHash(bytes: hash.bytes.dropLast()) == nil)
        let list = [hash, ContentHash(high: 1, low: 2), ContentHash(high: .max, low: 0)]
        #expect(list.packed.count == 48)
        #expect([ContentHash](packed: list.packed) == list)
        #expect([ContentHash](packed: list.packed.dropLast()) == nil)
    }
}
