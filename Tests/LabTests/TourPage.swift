import Lab
import Testing

/// A page that shows commands and what they answered: `docs/tour.md`.
struct TourPage {
    private(set) var text: String
    /// The commands, in their order.
    private(set) var commands: [String] = []

    init(title: String, _ introduction: String) {
        text = "# \(title)\n\n\(introduction)\n"
    }

    mutating func chapter(_ title: String, _ words: String = "") {
        text += "\n## \(title)\n"
        if !words.isEmpty { text += "\n\(words)\n" }
    }

    mutating func say(_ words: String) { text += "\n\(words)\n" }

    /// A command at root's prompt, and what was shown.
    mutating func show(_ command: String, _ shown: String) {
        commands.append(command)
        block("# \(command)\n\(shown)")
    }

    /// Text that no command wrote: a mail.
    mutating func quote(_ quoted: String) { block(quoted) }

    private mutating func block(_ contents: String) {
        var lines = contents.split(separator: "\n", omittingEmptySubsequences: false)
        while lines.last?.allSatisfy(\.isWhitespace) == true { lines.removeLast() }
        text += "\n```\n\(lines.joined(separator: "\n"))\n```\n"
    }

    /// The commands of a page that was written before.
    static func commands(in text: String) -> [String] {
        var commands: [String] = []
        var isFirst = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if isFirst, line.hasPrefix("# ") { commands.append(String(line.dropFirst(2))) }
            isFirst = line == "```"
        }
        return commands
    }
}

/// A person who takes the tour at a NAS.
struct Visitor {
    let nas: NAS
    var page: TourPage
    /// How often the program asked.
    private(set) var answers = 0

    init(_ nas: NAS, _ page: TourPage) {
        self.nas = nas
        self.page = page
    }

    /// An answer to a question, which is known by some of its words.
    struct Reply {
        let question: String
        let answer: String

        static func to(_ question: String, _ answer: String) -> Reply {
            Reply(question: question, answer: answer)
        }
    }

    /// Gives a command, answers its questions, and shows all on the page. It must end with a status.
    ///
    /// - Parameter drive: what it asks for first.
    @discardableResult
    mutating func give(
        _ command: String,
        plugging drive: VirtualDrive? = nil,
        status: Int32 = 0,
        _ replies: Reply...
    ) throws -> String {
        let terminal = try nas.guest.terminal(command)
        if let drive { try plug(drive, when: terminal) }
        for reply in replies {
            try terminal.waitFor(reply.question)
            try terminal.type(reply.answer)
            answers += 1
        }
        let ended = try terminal.waitForEnd()
        let screen = try terminal.screen()
        page.show(command, screen + (ended == 0 ? "" : "\n[exit status \(ended)]"))
        #expect(ended == status, "\(command):\n\(screen)")
        return screen
    }

    /// Gives a command that asks for a drive, and goes on until Ctrl-C, which is pressed when something was done meanwhile.
    mutating func give(
        _ command: String,
        plugging drive: VirtualDrive,
        until shown: String,
        meanwhile: [String]
    ) throws {
        let terminal = try nas.guest.terminal(command)
        try plug(drive, when: terminal)
        try terminal.waitFor(shown)
        let others = try meanwhile.map { ($0, try nas.guest.check("cd /; \($0)").stdout) }
        try terminal.interrupt()
        #expect(try terminal.waitForEnd() == 0)
        page.show(command, try terminal.screen())
        page.say("Meanwhile, at another terminal:")
        for (command, output) in others { page.show(command, output) }
    }

    /// Plugs a drive in when a command asks for it.
    private func plug(_ drive: VirtualDrive, when terminal: GuestTerminal) throws {
        try terminal.waitFor("Plug drive")
        if nas.guest.isPlugged(drive) { try nas.guest.pull(drive) }
        try nas.guest.waitForDriveToGo(drive)
        try nas.guest.plug(drive)
    }
}
