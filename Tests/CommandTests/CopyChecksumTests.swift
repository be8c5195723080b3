import LinuxSystem
import Testing

@Suite("'copy --checksum'")
struct CopyChecksumTests: CopySuite {
    let place: TemporaryFolder

    init() throws {
        place = try Self.makePlace()
    }

    /// Changes bytes of DST and leaves size and time as they were.
    private func damage(_ name: String, at offset: Int) throws {
        try shell(
            """
            touch -r t/\(name) stamp; printf '#' | dd of=t/\(name) bs=1 seek=\(offset) conv=notrunc status=none
            touch -r stamp t/\(name)
            """
        )
    }

    @Test(
        "copies what differs and looks equal",
        arguments: [("d/c", 0), ("a", 2), ("large", 0), ("large", 2_500_000), ("large", 3_145_729)]
    )
    func damaged(name: String, offset: Int) throws {
        try shell("head -c 3145730 /dev/zero > s/large")
        _ = try copy()
        try damage(name, at: offset)
        #expect(try copy("--itemize", "--quiet").output == "")
        let preview = try copy("--checksum", "--dry-run", "--itemize").output
        #expect(preview.contains(">fc........ \(name)\n"))
        #expect(preview.split(separator: "\n").count { $0.hasPrefix(">f") } == 1)
        let outcome = try copy("--checksum")
        #expect(outcome.status == 0)
        #expect(outcome.output.hasPrefix("1 file copied"))
        #expect(try listing("t") == listing("s"))
        #expect(try copy("--checksum").output.hasPrefix("0 files copied (0 bytes)"))
    }

    @Test("with a manifest compares SRC with it and does not read DST")
    func recorded() throws {
        let manifest = place.path.appending("m")
        let update = { (options: FileName...) in try self.run(["--manifest", manifest] + options) }
        _ = try update()
        // What changed within the last seconds before a run is looked at again by the next one.
        Thread.sleep(for: .seconds(3))
        _ = try update()
        try damage("d/c", at: 0)
        #expect(try update("--checksum").output.hasPrefix("0 files copied"))
        // What the disk lost under SRC is found, though its inode says nothing: the hash is what it was.
        try shell("sqlite3 m \"UPDATE entry SET hash = zeroblob(16) WHERE name = CAST('c' AS BLOB)\"")
        #expect(try update("--checksum").output.hasPrefix("1 file copied"))
        #expect(try listing("t") == listing("s"))
    }

    @Test("does not believe the blocks of a manifest that is not sealed")
    func open() throws {
        let manifest = place.path.appending("m")
        try shell("head -c 3145730 /dev/zero > s/large")
        _ = try run(["--manifest", manifest])
        try damage("large", at: 100_000)
        try shell("sqlite3 m \"UPDATE meta SET state = 'open'\"")
        _ = try run(["--manifest", manifest, "--checksum", "--in-place"])
        #expect(try listing("t") == listing("s"))
    }
}
