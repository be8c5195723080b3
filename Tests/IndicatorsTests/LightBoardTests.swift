import LinuxSystem
import SystemPackage
import Testing

@testable import Indicators

@Suite("The board")
struct LightBoardTests {
    private let folder: TemporaryFolder
    private let board: LightBoard

    init() throws {
        folder = try TemporaryFolder()
        board = LightBoard(folder: folder.file("run/light"))
    }

    /// Worst first, as the contract has it.
    static let order: [LightState] = [
        .failedUnsafe, .working, .verifying, .failedSafe, .held, .due, .unknownDrive, .safe, .off,
    ]
    static let pairs = order.indices.flatMap { first in order.indices.map { (first, $0) } }

    @Test("shows the worse of two jobs", arguments: pairs)
    func worst(first: Int, second: Int) throws {
        try board.record(Self.order[first], job: "red")
        try board.record(Self.order[second], job: "blue")
        #expect(try board.read().worst == Self.order[min(first, second)])
    }

    @Test("knows every state")
    func allStates() {
        #expect(Set(Self.order) == Set(LightState.allCases))
    }

    @Test("that nobody made holds nothing")
    func missing() throws {
        #expect(try board.read() == LightBoard.Reading(entries: [], ignored: []))
    }

    @Test("takes the state of a job that goes off just then for nobody's file")
    func vanishing() async throws {
        let board = board
        let other = Task.detached {
            for _ in 0..<300 {
                try board.record(.working, job: "red")
                try board.record(.off, job: "red")
            }
        }
        for _ in 0..<3000 { #expect(try board.read().ignored == []) }
        try await other.value
    }

    @Test("says what each job said last, and since when")
    func entries() throws {
        let before = UnixTime.now()
        try board.post(.working, job: "red")
        try board.post(.held, job: "red")
        try board.post(.due, job: "blue")
        let entries = try board.read().entries
        #expect(entries.map(\.job) == ["blue", "red"])
        #expect(entries.map(\.state) == [.due, .held])
        #expect(entries.allSatisfy { before <= $0.since && $0.since <= UnixTime.now() })
    }

    @Test("forgets a job that is cleared, and only that")
    func clearing() throws {
        try board.post(.held, job: "red")
        try board.post(.due, job: "blue")
        try board.clear(job: "red")
        try board.clear(job: "green")
        #expect(try board.read().entries.map(\.job) == ["blue"])
    }

    @Test("keeps apart jobs of any names, and no name leads out of the folder")
    func names() throws {
        let names: [FileName] = [
            "red", "", ".", "..", "../../escaped", ".paint.lock", "a b", "50%", "%",
            FileName(bytes: [0xff, 10]),
            "\u{e9}", "e\u{301}",
        ]
        for name in names { try board.post(.held, job: name) }
        let reading = try board.read()
        #expect(reading.entries.map(\.job).sorted() == names.sorted())
        #expect(reading.ignored == [])
    }

    @Test(
        "ignores and names what is no state",
        arguments: [
            "printf 'green 12\\n' > red",
            "printf 'held 12' > red",  // cut off
            "printf 'held\\n' > red",
            "printf 'held x\\n' > red",
            "printf 'held 12 13\\n' > red",
            "printf 'off 12\\n' > red",
            ": > red",
            "yes 'held 12' | head -c 100000 > red",
            "mkfifo red",
            "mkdir red",
            "printf 'held 12\\n' > ../target; ln -s ../target red",
            "ln -s red red",
            "printf 'held 12\\n' > %72ed",  // another name of red
            "printf 'held 12\\n' > red%",
            "printf 'held 12\\n' > red%zz",
            "printf 'held 12\\n' > red%+1",
            "printf 'held 12\\n' > red.bak",
        ]
    )
    func hostileFiles(command: String) throws {
        try board.post(.due, job: "blue")
        try folder.shell("cd run/light; \(command)")
        let reading = try board.read()
        #expect(reading.worst == .due)
        #expect(reading.ignored.count == 1)
    }

    @Test("is empty after all is cleared, also of what is no state")
    func clearingAll() throws {
        try board.post(.failed(.doNotPull), job: "red")
        try folder.shell("cd run/light; : > junk.bak; mkfifo pipe; ln -s / link; mkdir folder")
        try board.clearAll()
        let reading = try board.read()
        #expect(reading.entries == [])
        #expect(reading.ignored == ["folder"])
    }

    @Test("takes no state away from people who only read it, and none from others")
    func modes() throws {
        try board.post(.held, job: "red")
        try folder.shell(
            "test $(stat -c %a run/light) = 755; test $(stat -c %a run/light/red) = 644;"
                + "test $(stat -c %a run/light/.write.lock) = 600"
        )
    }

    @Test("that cannot be used says why")
    func unusable() throws {
        try folder.shell(": > run")
        #expect(throws: LightWarning.self) { try board.post(.working, job: "red") }
        #expect {
            try board.read()
        } throws: { error in
            guard case LightWarning.board(let error)? = error as? LightWarning else { return false }
            return error.errno == .notDirectory
        }
    }

    @Test("does not wait for ever for one who holds its lock, and does not keep what the job said before")
    func heldLock() throws {
        try board.record(.safe, job: "red")
        let light = try Descriptor.open(folder.file("run/light"), .directory)
        let lock = try light.open(".write.lock", .write)
        #expect(try lock.tryLock(.exclusive))
        #expect(throws: LightWarning.busy) { try board.post(.working, job: "red") }
        #expect(try board.read().entries == [])
    }
}
