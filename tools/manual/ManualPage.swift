/// The parts of a page that the program itself knows.
struct ManualPage {
    private let program: CommandHelp
    private let discussion: Discussion

    init(of program: CommandHelp) {
        self.program = program
        discussion = Discussion(program.discussion ?? "")
    }

    /// The template with its marks replaced: `@COMMANDS@` by all commands, `@DESCRIPTION@` by the program's longer
    /// text as far as its first heading, and any other by what stands under that heading.
    func filling(_ template: String) throws(ManualError) -> String {
        var lines: [String] = []
        for line in template.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            guard line.count > 2, line.hasPrefix("@"), line.hasSuffix("@") else {
                lines.append(line)
                continue
            }
            lines += try part(String(line.dropFirst().dropLast()))
        }
        return lines.joined(separator: "\n")
    }

    private func part(_ mark: String) throws(ManualError) -> [String] {
        switch mark {
        case "COMMANDS":
            return program.shownSubcommands.flatMap { section(of: $0, after: [program.commandName]) }
        case "DESCRIPTION": return Self.lines(of: discussion.blocks(under: nil) ?? [])
        default:
            if let blocks = discussion.blocks(under: mark) { return Self.lines(of: blocks) }
            throw ManualError("the program's help has nothing for '@\(mark)@'")
        }
    }

    /// The section of a command, and those of the commands below it.
    private func section(of command: CommandHelp, after words: [String]) -> [String] {
        let words = words + [command.commandName]
        var lines = [".SS " + Roff.text(words.dropFirst().joined(separator: " "))]
        if command.shownSubcommands.isEmpty { lines += synopsis(of: command, words) }
        lines += Self.paragraph(command.abstract ?? "")
        for section in Discussion(command.discussion ?? "").sections {
            if let heading = section.heading { lines += [".PP", Roff.bold(heading)] }
            lines += Self.lines(of: section.blocks)
        }
        for argument in command.ownArguments { lines += Self.entry(of: argument) }
        return lines + command.shownSubcommands.flatMap { self.section(of: $0, after: words) }
    }

    private func synopsis(of command: CommandHelp, _ words: [String]) -> [String] {
        let options = command.ownArguments.filter { $0.kind != .positional }
        let arguments = command.ownArguments.filter { $0.kind == .positional }
        return [".PP", Roff.bold(words.joined(separator: " "))] + (options + arguments).map { $0.synopsis }
    }

    private static func entry(of argument: ArgumentHelp) -> [String] {
        var text = argument.abstract ?? ""
        if let value = argument.defaultValue { text += " Default: \(value)." }
        if argument.isRepeating, argument.kind != .positional { text += " May be given several times." }
        var lines = [".TP", argument.title, Roff.text(text)]
        if let discussion = argument.discussion {
            lines += Discussion(discussion).sections.flatMap {
                [".IP"] + $0.blocks.flatMap { Self.body(of: $0) }
            }
        }
        return lines
    }

    private static func lines(of blocks: [Discussion.Block]) -> [String] {
        blocks.flatMap { [".PP"] + body(of: $0) }
    }

    private static func body(of block: Discussion.Block) -> [String] {
        switch block {
        case .paragraph(let text): [Roff.text(text)]
        case .table(let rows): [".EX"] + rows.map { Roff.text($0) } + [".EE"]
        }
    }

    private static func paragraph(_ text: String) -> [String] {
        text.isEmpty ? [] : [".PP", Roff.text(text)]
    }
}

extension ArgumentHelp {
    /// As it stands in the command's synopsis; no line ends inside it.
    fileprivate var synopsis: String {
        let word =
            switch kind {
            case .positional: value
            case .option: Roff.bold(preferredName?.text ?? "") + "\\ " + value
            case .flag: Roff.bold(preferredName?.text ?? "")
            }
        return (isOptional ? "[\(word)]" : word) + (isRepeating ? "..." : "")
    }

    /// As it stands above its description.
    fileprivate var title: String {
        let names = (names ?? []).map { Roff.bold($0.text) }.joined(separator: ", ")
        return switch kind {
        case .positional: value
        case .option: names + " " + value
        case .flag: names
        }
    }

    private var value: String { Roff.italic(valueName ?? "") }
}
