import LinuxSystem
import Reporting
import Synchronization
import SystemPackage
import Testing

@testable import ExtBackupKit

@Suite("What the sources need", Need.root)
struct SourceDemandTests {
    private static let mebibyte: Int64 = 1 << 20

    private func demand(of sandbox: Sandbox) throws -> SourceDemand {
        try SourceDemand(measuringIn: sandbox.context(), progress: { _ in })
    }

    private func shell(_ sandbox: Sandbox, _ script: String) throws {
        let words: [FileName] = ["/bin/sh", "-ec", FileName("cd \(sandbox.path("photos")); " + script)]
        let outcome = try ChildProcess(words).run()
        try #require(outcome.isSuccess, "\(outcome.lastLine)")
    }

    @Test("is what a run would write: no holes, no second names, nothing that is excluded")
    func measuring() throws {
        let sandbox = try Sandbox()
        try sandbox.configure(source: "exclude = ['*.tmp']")
        try shell(
            sandbox,
            """
            head -c 3145728 /dev/zero | tr '\\0' x > film; ln film same; truncate -s 1G holes
            head -c 4194304 /dev/zero | tr '\\0' x > big.tmp
            """
        )
        let demand = try demand(of: sandbox)
        #expect(demand.shares.map(\.source) == ["photos"])
        #expect(demand.notes == [])
        #expect(demand.total.bytes >= 3 * Self.mebibyte)
        #expect(demand.total.bytes < 4 * Self.mebibyte)
    }

    @Test("leaves out a source that is not there, and says so")
    func missing() throws {
        let sandbox = try Sandbox()
        try sandbox.configure(rest: try sandbox.music() + "[[source]]\nname = 'gone'\npath = '/no/such'")
        let demand = try demand(of: sandbox)
        #expect(demand.shares.map(\.source) == ["photos", "music"])
        #expect(demand.notes.count == 1)
        #expect(demand.notes.first?.hasPrefix("not measured: source 'gone' cannot be opened: ") == true)
    }

    @Test("is not known without a configuration: a note, and no refusal")
    func unconfigured() throws {
        let sandbox = try Sandbox()
        try sandbox.home.write("etc/config.toml", "")
        let demand = try demand(of: sandbox)
        #expect(demand.total == 0)
        let notes = try demand.check(device: "/dev/sdx", sizeBytes: 1)
        #expect(notes.count == 1)
        #expect(notes.first?.hasPrefix("the sources are not known yet: ") == true)
    }

    @Test("can be stopped while it is measured")
    func stopping() throws {
        let sandbox = try Sandbox()
        try sandbox.home.write("photos/a", "contents")
        sandbox.interruption.request()
        do {
            _ = try demand(of: sandbox)
            Issue.record("it was measured")
        } catch {
            #expect((error as? Failure)?.status == .interrupted)
            #expect((error as? Failure)?.message == "stopped; nothing was changed")
        }
    }

    /// A disk, and what is said of it; nil when it is refused.
    static let disks: [(size: UInt64, remark: String?)] = [
        // Not even the LUKS header fits.
        (16 << 20, nil),
        // 500 MB and the container, but no room for the file system itself.
        (500_000_000 + (18 << 20), nil),
        (510_000_000 + (18 << 20), "the sources need 500 MB, nearly all of the 506 MB that it has room for"),
        (1_016_000_000 + (18 << 20), "the sources need 500 MB of the 1.0 GB that it has room for"),
    ]

    @Test("refuses a disk that is too small, with both numbers and what needs most", arguments: disks)
    func refusal(size: UInt64, remark: String?) throws {
        let demand = SourceDemand(shares: [
            .init(source: "photos", bytes: 100_000_000), .init(source: "borg", bytes: 400_000_000),
        ])
        do throws(Failure) {
            let remarks = try demand.check(device: "/dev/sdx", sizeBytes: size)
            #expect(remarks == [remark])
        } catch {
            #expect(remark == nil, "\(error.message)")
            #expect(error.status == .noSpace)
            #expect(
                error.message.hasPrefix(
                    "'/dev/sdx' is not erased: it is too small for the sources: they need 500 MB "
                        + "(photos 100 MB, borg 400 MB), and it has room for "
                )
            )
            #expect(error.hint?.contains("source 'borg' is the largest") == true)
            #expect(error.hint?.contains("--allow-small") == true)
        }
    }
}
