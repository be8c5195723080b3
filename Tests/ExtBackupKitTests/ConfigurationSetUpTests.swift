import Drives
import LinuxSystem
import Reporting
import SystemPackage
import Testing

@testable import ExtBackupKit

@Suite("A first configuration")
struct ConfigurationSetUpTests {
    private let home: TemporaryFolder

    init() throws {
        home = try TemporaryFolder()
        try home.makeFolder("photos")
        try home.makeFolder("two words")
    }

    private var folder: FileName { home.path.appending("etc") }
    private func path(_ name: FileName) -> FileName { home.path.appending(name) }
    private func text(_ name: FileName) -> String { String(decoding: path(name).bytes, as: UTF8.self) }

    private func setUp(mounted: [FileName] = []) throws -> ConfigurationSetUp {
        try ConfigurationSetUp(
            folder: folder,
            mounts: mounted.map { .example($0) },
            candidates: mounted.map { SourceCandidate(path: $0, fileSystem: "ext4") }
        )
    }

    /// Answers the questions in their order, and gives what was said and asked.
    private func interview(
        _ answers: [String],
        mounted: [FileName] = [],
        topics: Set<ConfigurationInterview.Topic> = [.sources, .mail, .light]
    ) throws -> (setUp: ConfigurationSetUp, talk: [String]) {
        var setUp = try setUp(mounted: mounted)
        var rest = answers[...]
        var talk: [String] = []
        let interview = ConfigurationInterview(
            say: { talk.append($0) },
            answer: { question throws(Failure) in
                talk.append(question)
                guard let next = rest.popFirst() else { throw Failure(.usage, "no answer") }
                return next
            }
        )
        try interview.complete(&setUp, asking: topics)
        #expect(rest.isEmpty)
        return (setUp, talk)
    }

    private func written() throws -> Configuration {
        try Configuration(readingFrom: folder.appending("config.toml"))
    }

    private func failure<Value>(_ body: () throws -> Value) -> Failure? {
        do {
            _ = try body()
            return nil
        } catch {
            return error as? Failure
        }
    }

    @Test("is what options say")
    func options() throws {
        var setUp = try setUp(mounted: [path("photos")])
        try setUp.add(argument: FileName("photos=\(text("photos"))/"))
        try setUp.add(argument: FileName("other=/none"))
        try setUp.setRecipients(["anna@example.org", "root"])
        setUp.switchLightOff()
        #expect(setUp.warnings == ["there is no folder '/none'"])
        #expect(
            try setUp.write() == [
                "\(folder.appending("config.toml")) is written:",
                "  source photos: \(path("photos")), must be mounted",
                "  source other: '/none'",
                "  mail to anna@example.org, root; no light",
                "What else can be set is in it as comments; 'extbackup config check' tells whether it is right.",
                "Next: 'extbackup mail test', 'extbackup led test', and 'extbackup prepare-disk' for a drive.",
            ]
        )
        let read = try written()
        #expect(read.sources.map(\.name) == ["photos", "other"])
        #expect(read.sources.map(\.path) == [path("photos"), "/none"])
        #expect(read.sources.map(\.requiresMount) == [true, false])
        #expect(read.mail.recipients == ["anna@example.org", "root"])
        #expect(read.light == nil)
        #expect(try ConfigurationCheck.perform(folder: folder).last == "the configuration is right")
        #expect(try home.names(in: "etc") == ["config.toml"])
        let status = try Descriptor.open(folder.appending("config.toml"), .read).nodeStatus()
        #expect(status.permissions == 0o644)
    }

    @Test(
        "is not made of options that are wrong, and says what is",
        arguments: [
            ("/srv", "'/srv' is no source"),
            ("=/srv", "'' cannot be the name of a source"),
            ("a b=/srv", "'a b' cannot be the name of a source"),
            ("history=/srv", "the name 'history' is taken by a folder of the drive's own"),
            ("a=srv", "'path' must be an absolute path, not 'srv'"),
            ("a=", "'path' must be an absolute path, not ''"),
            ("a=/srv/../etc", "'path' must not hold '..': '/srv/../etc'"),
            ("first=/srv", "two sources have the name 'first'"),
            ("a=/one//", "'/one' is the source 'first' already"),
        ]
    )
    func wrongOptions(argument: String, message: String) throws {
        var setUp = try setUp()
        try setUp.add(argument: "first=/one")
        let error = failure { try setUp.add(argument: FileName(argument)) }
        #expect(error?.status == .usage)
        #expect(error?.message == message)
        _ = try setUp.write()
        #expect(try written().sources.map(\.name) == ["first"])
    }

    @Test("is not made of names that are no text, or of addresses that are none")
    func hostile() throws {
        var setUp = try setUp()
        let bytes = failure { try setUp.add(argument: FileName(bytes: Array("a=/".utf8) + [0xff])) }
        #expect(bytes?.message == "'/\\xff' is no UTF-8, but a configuration is")
        try setUp.add(argument: "a=/with \"quotes\"\n# and [more]")
        let mail = failure { try setUp.setRecipients(["root", "a b"]) }
        #expect(mail?.message == "'a b' is no mail address")
        _ = try setUp.write()
        #expect(try written().sources.map(\.path) == ["/with \"quotes\"\n# and [more]"])
        #expect(try written().mail.recipients == ["root"])
    }

    @Test("never takes the place of one that is there")
    func existing() throws {
        var early = try setUp()
        try early.add(argument: "a=/a")
        try home.write("etc/config.toml", "mine")
        let begun = failure { try setUp() }
        let late = failure { try early.write() }
        for error in [begun, late] {
            #expect(error?.status == .failed)
            #expect(
                error?.message == "\(folder.appending("config.toml")) is there already and stays as it is"
            )
            #expect(error?.hint == "edit it; 'extbackup config check' tells whether it is right")
        }
        #expect(try home.contents("etc/config.toml") == "mine")
        #expect(try home.names(in: "etc") == ["config.toml"])
    }

    @Test("never takes the place of a link that leads nowhere")
    func link() throws {
        try home.makeFolder("etc")
        try Descriptor.open(folder, .directory).createSymbolicLink("config.toml", target: "/none")
        #expect(failure { try setUp() }?.message.hasSuffix("is there already and stays as it is") == true)
    }

    @Test("is refused before anything is asked where it cannot be written")
    func unwritable() throws {
        let error = failure { try ConfigurationSetUp(folder: "/proc/none/etc", mounts: [], candidates: []) }
        #expect(error?.status == .failed)
        #expect(error?.message.hasPrefix("'/proc/none/etc/config.toml' cannot be written: ") == true)
        #expect(error?.hint != nil)
        #expect(!home.exists("etc"))
    }

    @Test("follows from answers: numbers of what is offered, folders, mail, light")
    func answers() throws {
        let mounted = [path("photos"), path("two words")]
        let (setUp, talk) = try interview(
            ["2, 1", "Y", "no", " \(text("")) ", "", "anna@example.org,root", "n"],
            mounted: mounted
        )
        _ = try setUp.write()
        let read = try written()
        #expect(read.sources.map(\.path) == mounted + [home.path])
        #expect(read.sources.map(\.name).prefix(2) == ["photos", "two-words"])
        #expect(read.sources.map(\.requiresMount) == [true, false, false])
        #expect(read.mail.recipients == ["anna@example.org", "root"])
        #expect(read.light == nil)
        #expect(
            talk == [
                "These folders may be worth a backup:",
                "  1  \(mounted[0]), a mounted file system, ext4",
                "  2  \(mounted[1]), a mounted file system, ext4",
                "Which? Numbers with blanks between, 'all', or Enter for none of these: ",
                "\(mounted[0]) is a file system of its own. If it is not mounted one day, the folder is empty.",
                "Must it be mounted for a backup, so that nothing is deleted then? [Y/n] ",
                "\(mounted[1]) is a file system of its own. If it is not mounted one day, the folder is empty.",
                "Must it be mounted for a backup, so that nothing is deleted then? [Y/n] ",
                "Another folder (Enter: no more): ",
                "Another folder (Enter: no more): ",
                "Who gets mail when something is wrong? Addresses or users, '-' for nobody (Enter: root): ",
                "Is there a BlinkStick, or will there be one? [Y/n] ",
            ]
        )
    }

    @Test("of nothing but Enter, where something is offered by 'all', has what is usual")
    func enter() throws {
        let (setUp, _) = try interview(
            ["all", "", "", "", "", ""],
            mounted: [path("photos"), path("two words")]
        )
        _ = try setUp.write()
        let read = try written()
        #expect(read.sources.map(\.requiresMount) == [true, true])
        #expect(read.mail.recipients == ["root"])
        #expect(read.light != nil)
    }

    @Test("needs a folder, and asks again after an answer that is none")
    func again() throws {
        let (setUp, talk) = try interview(
            [
                "3", "x", "", "", "/no/such", "photos", text("photos"), text("photos"), "", "a b@c@d", "-",
                "maybe", "Yes",
            ],
            mounted: [path("two words")]
        )
        _ = try setUp.write()
        #expect(try written().sources.map(\.path) == [path("photos")])
        #expect(try written().mail.recipients == [])
        for line in [
            "Type numbers from 1 to 1.", "At least one folder is needed.", "There is no folder '/no/such'.",
            "'path' must be an absolute path, not 'photos'",
            "\(path("photos")) is the source 'photos' already", "'b@c@d' is no mail address",
            "Type 'y' or 'n'.",
        ] {
            #expect(talk.contains(line), "\(line)")
        }
    }

    @Test("is asked about only as far as nothing was said")
    func topics() throws {
        let (_, talk) = try interview(["y"], topics: [.light])
        #expect(talk == ["Is there a BlinkStick, or will there be one? [Y/n] "])
        #expect(try interview([""], topics: [.mail]).talk.count == 1)
    }

    @Test("is none without answers")
    func silence() throws {
        #expect(failure { try interview([]) }?.status == .usage)
        #expect(!home.exists("etc"))
    }
}
