import LinuxSystem
import Testing

@testable import Indicators

/// The stick through libusb: a program of its own in a world with an emulated stick (libumockdev).
@Suite("The stick")
struct BlinkStickTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private struct Outcome {
        let output: [String]
        let transfers: [String]
    }

    private func probe(_ world: [String] = [], _ words: String...) throws -> Outcome {
        try run(world, [BuiltProgram.path("light-probe")] + words.map { FileName($0) })
    }

    private func run(_ world: [String], _ command: [FileName]) throws -> Outcome {
        let log = folder.file("log")
        let arguments =
            try [BuiltProgram.path("blinkstick-testbed")] + world.map { FileName($0) } + [log] + command
        let outcome = try ChildProcess(arguments).run()
        #expect(outcome.isSuccess, "\(String(decoding: outcome.output, as: UTF8.self))")
        return Outcome(output: lines(outcome.output), transfers: try transfers(in: log))
    }

    private func transfers(in log: FileName) throws -> [String] {
        lines(try Descriptor.open(log, .read).readAll(limit: 1 << 20))
    }

    private func lines(_ bytes: [UInt8]) -> [String] {
        bytes.split(separator: 10).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test(
        "gets the bytes that the maker's tool sends, and nothing else",
        arguments: [
            ("1", "10", "33c280", "20 09 0005 0000 6: 05 00 01 05 13 0c"),
            ("1", "10", "008000", "20 09 0005 0000 6: 05 00 01 00 0c 00"),
            ("0", "100", "ff0000", "20 09 0001 0000 4: 00 ff 00 00"),
            ("0", "10", "ff0000", "20 09 0001 0000 4: 00 19 00 00"),
            ("0", "100", "off", "20 09 0001 0000 4: 00 00 00 00"),
        ]
    )
    func bytes(index: String, percent: String, color: String, transfer: String) throws {
        let outcome = try probe([], index, percent, "-", "show", color)
        #expect(outcome.output == ["ok"])
        #expect(outcome.transfers == [transfer])
    }

    @Test("shows one color after the other, open or opened anew")
    func sequence() throws {
        let outcome = try probe([], "0", "100", "-", "show", "010203", "040506", "rest", "070809", "rest")
        #expect(outcome.output == ["ok", "ok", "ok"])
        #expect(
            outcome.transfers == [
                "20 09 0001 0000 4: 00 01 02 03", "20 09 0001 0000 4: 00 04 05 06",
                "20 09 0001 0000 4: 00 07 08 09",
            ]
        )
    }

    @Test("is found by its serial number")
    func serial() throws {
        let world = ["--serial", "BS012345-3.0"]
        let found = try probe(world, "0", "100", "BS012345-3.0", "show", "010203")
        #expect(found.output == ["ok"])
        #expect(found.transfers.last == "20 09 0001 0000 4: 00 01 02 03")
    }

    @Test("of another serial number is left alone")
    func otherSerial() throws {
        let outcome = try probe([], "0", "100", "BS999999-3.0", "show", "010203")
        #expect(
            outcome.output == ["no 'BlinkStick' with the serial number 'BS999999-3.0' is plugged in"]
        )
        #expect(!outcome.transfers.contains { $0.hasPrefix("20 09") })
    }

    @Test("that is absent is a warning")
    func absent() throws {
        let log = folder.file("log")
        let outcome = try ChildProcess(
            [
                BuiltProgram.path("blinkstick-testbed"), "--absent", log, BuiltProgram.path("light-probe"),
                "0",
                "100", "-", "show", "010203", "off",
            ]
        )
        .run()
        #expect(outcome.isSuccess)
        let warning = "no 'BlinkStick' is plugged in"
        #expect(lines(outcome.output) == [warning, warning])
    }

    @Test("that refuses reports is a warning")
    func stalled() throws {
        let outcome = try probe(["--stall"], "1", "10", "-", "show", "33c280", "off")
        let warning = "'BlinkStick' refused the color"
        #expect(outcome.output == [warning, warning])
        #expect(outcome.transfers.first == "20 09 0005 0000 6: 05 00 01 05 13 0c stall")
    }

    @Test("that is pulled while it is open is a warning, and is looked for anew")
    func pulled() throws {
        let outcome = try probe(
            ["--remove-after", "2"],
            "0",
            "100",
            "-",
            "show",
            "010203",
            "040506",
            "070809",
            "off"
        )
        #expect(outcome.output.prefix(3) == ["ok", "ok", "'BlinkStick' was pulled"])
        #expect(outcome.output.count == 4)
        #expect(outcome.output.last != "ok")
        #expect(outcome.transfers.count == 2)
    }

    @Test("is not asked for what changes it: its mode stays")
    func mode() throws {
        let outcome = try probe(
            [],
            "1",
            "10",
            "-",
            "job",
            "\(text(folder.path))/light",
            "red",
            "working",
            "safe"
        )
        #expect(!outcome.transfers.contains { $0.hasPrefix("20 09 0004") })
    }

    @Test("shows a whole run: work, then green")
    func run() throws {
        let board = "\(text(folder.path))/light"
        let outcome = try probe([], "1", "10", "-", "job", board, "red", "working", "wait", "safe")
        #expect(outcome.output == [])
        #expect(outcome.transfers.contains("20 09 0005 0000 6: 05 00 01 05 13 0c"))
        #expect(outcome.transfers.last == "20 09 0005 0000 6: 05 00 01 00 0c 00")
    }

    @Test(
        "shows the worst of two processes' jobs",
        arguments: [
            ("safe", "safe", "00 0c 00"), ("safe", "working", "05 13 0c"),
            ("released", "working", "05 13 0c"), ("released", "safe", "19 00 00"),
        ]
    )
    func twoProcesses(first: String, second: String, last: String) throws {
        let probe = try text(BuiltProgram.path("light-probe"))
        let start = "\(probe) 1 10 - job \(text(folder.path))/light"
        let script = "\(start) red working \(first) & \(start) blue working \(second) & wait"
        let outcome = try run([], ["/bin/sh", "-c", FileName(script)])
        #expect(outcome.output == [])
        #expect(outcome.transfers.last == "20 09 0005 0000 6: 05 00 01 \(last)")
    }

    @Test("is never green while another process's job is at work")
    func noGreen() throws {
        let probe = try text(BuiltProgram.path("light-probe"))
        let start = "\(probe) 1 10 - job \(text(folder.path))/light"
        let script = "\(start) blue working; \(start) red working safe wait wait wait"
        let outcome = try run([], ["/bin/sh", "-c", FileName(script)])
        #expect(outcome.output == [])
        #expect(outcome.transfers.last == "20 09 0005 0000 6: 05 00 01 05 13 0c")
        #expect(!outcome.transfers.contains("20 09 0005 0000 6: 05 00 01 00 0c 00"))
    }

    @Test(
        "has a warning of its own for each way to fail",
        arguments: [
            (-3, .notPermitted), (-9, .stalled), (-4, .vanished), (-5, .vanished), (-7, .timedOut),
            (-1, .usb(call: "libusb_open", reason: "LIBUSB_ERROR_IO")),
        ] as [(Int32, LightWarning)]
    )
    func warnings(code: Int32, warning: LightWarning) {
        #expect(BlinkStickSession.warning("libusb_open", code) == warning)
    }

    private func text(_ path: FileName) -> String {
        String(decoding: path.bytes, as: UTF8.self)
    }
}
