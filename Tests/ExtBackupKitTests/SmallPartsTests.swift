import LinuxSystem
import Reporting
import Synchronization
import SystemPackage
import Testing

@testable import ExtBackupKit

@Suite("Deletions")
struct DeletionDecisionTests {
    /// What a plan counted, and what comes of it.
    struct Row: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var deleting: Int
        var of: Int
        var source: Int
        var approved = 0
        /// Why they are held; nil when they are made.
        var reason: String?
    }

    static let rows: [Row] = [
        Row(testDescription: "none", deleting: 0, of: 100, source: 100),
        Row(testDescription: "none of an empty source's first copy", deleting: 0, of: 0, source: 0),
        // Ten are a handful, whatever part they are.
        Row(testDescription: "ten of twenty", deleting: 10, of: 20, source: 11),
        // But not all that there is.
        Row(
            testDescription: "ten of ten",
            deleting: 10,
            of: 10,
            source: 1,
            reason: "10 of 10 entries would be deleted, more than 100 or 20 percent"
        ),
        Row(
            testDescription: "eleven of eleven",
            deleting: 11,
            of: 11,
            source: 1,
            reason: "11 of 11 entries would be deleted, more than 100 or 20 percent"
        ),
        Row(testDescription: "exactly the percentage", deleting: 20, of: 100, source: 80),
        Row(
            testDescription: "one more than the percentage",
            deleting: 21,
            of: 100,
            source: 79,
            reason: "21 of 100 entries would be deleted, more than 100 or 20 percent"
        ),
        Row(testDescription: "exactly the number", deleting: 100, of: 10_000, source: 9_900),
        Row(
            testDescription: "one more than the number",
            deleting: 101,
            of: 10_000,
            source: 9_899,
            reason: "101 of 10000 entries would be deleted, more than 100 or 20 percent"
        ),
        // Even a single one, for an empty source is a missing one.
        Row(
            testDescription: "an emptied source",
            deleting: 1,
            of: 1,
            source: 0,
            reason: "the source is empty, but the drive has 1 entries of it"
        ),
        Row(testDescription: "an emptied source, approved", deleting: 5, of: 5, source: 0, approved: 5),
        Row(
            testDescription: "an emptied source, after an approval for a source that shrank",
            deleting: 5,
            of: 5,
            source: 0,
            approved: 500,
            reason: "the source is empty, but the drive has 5 entries of it"
        ),
        Row(testDescription: "as many as approved", deleting: 500, of: 1000, source: 500, approved: 500),
        Row(testDescription: "fewer than approved", deleting: 499, of: 1000, source: 501, approved: 500),
        Row(
            testDescription: "more than approved",
            deleting: 501,
            of: 1000,
            source: 499,
            approved: 500,
            reason: "501 of 1000 entries would be deleted, more than 100 or 20 percent"
        ),
        Row(testDescription: "more than approved, but few", deleting: 3, of: 1000, source: 997, approved: 2),
    ]

    @Test("go ahead or wait for a person", arguments: rows)
    func decision(row: Row) {
        let decision = DeletionDecision(
            deleting: row.deleting,
            of: row.of,
            sourceCount: row.source,
            limit: DeletionLimit(files: 100, percent: 20),
            approved: row.approved
        )
        #expect(decision == row.reason.map { .hold(reason: $0) } ?? .perform)
    }

    @Test("are held always when the limit says so", arguments: [(0, 20, 1, 100), (100, 0, 11, 100_000)])
    func strict(files: Int, percent: Int, deleting: Int, total: Int) {
        #expect(DeletionLimit(files: files, percent: percent).isExceeded(deleting: deleting, of: total))
    }

    @Test("are counted without overflow")
    func large() {
        #expect(!DeletionLimit(files: .max, percent: 100).isExceeded(deleting: .max, of: .max))
    }
}

@Suite("Approvals")
struct ApprovalsTests {
    private let folder: TemporaryFolder
    private let approvals: Approvals

    init() throws {
        folder = try TemporaryFolder()
        approvals = Approvals(folder: folder.path.appending("approvals"))
    }

    @Test("are kept for one drive until they are withdrawn")
    func roundTrip() throws {
        #expect(approvals.approved(for: "red") == [:])
        try approvals.approve(["photos": 12, "fotos-ä": 1], for: "red")
        #expect(approvals.approved(for: "red") == ["photos": 12, "fotos-ä": 1])
        #expect(approvals.approved(for: "blue") == [:])
        try approvals.withdraw(["photos"], for: "red")
        #expect(approvals.approved(for: "red") == ["fotos-ä": 1])
        try approvals.approve(["photos": 3], for: "red")
        #expect(approvals.approved(for: "red") == ["photos": 3])
        try approvals.withdraw(["photos"], for: "red")
        try approvals.withdraw(["photos"], for: "red")
        #expect(approvals.approved(for: "red") == [:])
    }

    @Test(
        "that cannot be understood approve nothing",
        arguments: [
            "", "{", "[]", "{\"photos\": \"many\"}", "{\"photos\": 1.5}",
            "{\"photos\": 99999999999999999999}",
            "\u{0}\u{1}", String(repeating: "[", count: 60_000), String(repeating: " ", count: 70_000) + "{}",
        ]
    )
    func hostile(text: String) throws {
        try folder.write("approvals/red.json", text)
        #expect(approvals.approved(for: "red") == [:])
    }

    @Test("are read neither through a symbolic link nor from a FIFO")
    func otherKinds() throws {
        try folder.write("approvals/blue.json", "{\"photos\": 5}")
        let directory = try Descriptor.open(folder.path.appending("approvals"), .directory)
        try directory.createSymbolicLink("red.json", target: "blue.json")
        #expect(approvals.approved(for: "red") == [:])
        try #require(
            try ChildProcess(["/usr/bin/mkfifo", folder.path.appending("approvals/green.json")]).run()
                .isSuccess
        )
        #expect(approvals.approved(for: "green") == [:])
    }
}

@Suite("The outbox")
struct OutboxTests {
    /// Takes mails, but for those with a word.
    private final class Transport: MailTransport {
        let refused: String?
        let taken = Mutex<[String]>([])

        init(refusing word: String? = nil) { refused = word }

        func send(_ mail: [UInt8]) throws(ReportingError) {
            let text = String(decoding: mail, as: UTF8.self)
            if let refused, text.contains(refused) { throw ReportingError(.mail, "refused") }
            taken.withLock { $0.append(text) }
        }
    }

    private let folder: TemporaryFolder
    private let outbox: Outbox

    init() throws {
        folder = try TemporaryFolder()
        outbox = Outbox(folder: folder.path.appending("outbox"))
    }

    @Test("sends the oldest mail first, and keeps what was sent no longer")
    func order() throws {
        for name: FileName in ["outbox/1002-red.eml", "outbox/1000-red.eml", "outbox/1001-blue.eml"] {
            try folder.write(name, "\(name)")
        }
        let transport = Transport()
        let delivery = try outbox.deliver(through: transport)
        #expect(delivery.sent == 3)
        #expect(delivery.errors == [])
        let taken = transport.taken.withLock { $0 }
        #expect(taken == ["'outbox/1000-red.eml'", "'outbox/1001-blue.eml'", "'outbox/1002-red.eml'"])
        #expect(try folder.names(in: "outbox") == [])
    }

    @Test("keeps what could not be sent, and sends the others")
    func refusal() throws {
        try folder.write("outbox/1000-red.eml", "bad")
        try folder.write("outbox/1001-red.eml", "good")
        let delivery = try outbox.deliver(through: Transport(refusing: "bad"))
        #expect(delivery.sent == 1)
        #expect(delivery.errors.map(\.message) == ["refused"])
        #expect(try folder.names(in: "outbox") == ["1000-red.eml"])
    }

    @Test("does not send what is only half written, or no mail at all")
    func others() throws {
        try folder.write("outbox/.1000-red.eml.new", "half")
        try folder.makeFolder("outbox/folder")
        try folder.makeFolder("outbox/1000-blue.eml")
        try folder.write("outbox/1001-red.eml", "whole")
        let transport = Transport()
        let delivery = try outbox.deliver(through: transport)
        #expect(delivery.sent == 1)
        #expect(delivery.errors.map(\.message) == ["the mail '1000-blue.eml' cannot be read: is a directory"])
        #expect(transport.taken.withLock { $0 } == ["whole"])
    }

    @Test("is made when it is missing, for root alone")
    func made() throws {
        let mail = MailMessage.test(to: [try MailAddress("root")], host: "nas", now: Timestamp(seconds: 0))
        try outbox.put(mail, named: "1000-red")
        #expect(try folder.names(in: "outbox") == ["1000-red.eml"])
        let status = try Descriptor.open(folder.path.appending("outbox"), .directory).nodeStatus()
        #expect(status.permissions & 0o777 == 0o700)
        #expect(try folder.contents("outbox/1000-red.eml") == String(decoding: mail.bytes, as: UTF8.self))
    }
}
