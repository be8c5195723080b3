import ArgumentParser
import ExtBackupKit
import LinuxSystem
import Reporting

/// The first configuration.
struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a first config.toml, after a few questions.",
        discussion: """
            Asks which folders are backed up, whether they must be mounted, who gets mail, and whether there is a light. \
            What an option says is not asked. A config.toml that is there is never changed.
            """
    )

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "A folder to back up, and its name on the drive; may be given several times. It must be mounted when it is now.",
            valueName: "name=path"
        )
    )
    var source: [String] = []

    @Option(
        help: ArgumentHelp("Who gets mail; may be given several times.", valueName: "address")
    )
    var mail: [String] = []

    @ArgumentParser.Flag(help: "There is no light.")
    var noLed = false

    @ArgumentParser.Flag(help: "Do not ask; needs --source. Mail goes to root unless --mail is given.")
    var yes = false

    @Option(help: "The configuration's folder.", completion: .directory)
    var folder = "/etc/extbackup"

    func validate() throws {
        if yes, source.isEmpty { throw ValidationError("--yes needs --source NAME=PATH") }
    }

    func run() throws {
        var setUp = try ConfigurationSetUp(folder: FileName(argument: folder))
        for argument in source { try setUp.add(argument: FileName(argument: argument)) }
        if !mail.isEmpty { try setUp.setRecipients(mail) }
        if noLed { setUp.switchLightOff() }
        for warning in setUp.warnings { Output.say("warning: \(warning)") }
        if !yes { try ask(&setUp) }
        for line in try setUp.write() { Output.say(line) }
    }

    private func ask(_ setUp: inout ConfigurationSetUp) throws(Failure) {
        guard StandardStream.input.isTerminal else {
            throw Failure(
                .usage,
                "there is no terminal to ask on; nothing was changed",
                hint: "use --yes with --source NAME=PATH, and --mail and --no-led as you need them"
            )
        }
        var topics: Set<ConfigurationInterview.Topic> = []
        if source.isEmpty { topics.insert(.sources) }
        if mail.isEmpty { topics.insert(.mail) }
        if !noLed { topics.insert(.light) }
        let ask = Ask(interruption: Interruption())
        let interview = ConfigurationInterview(
            say: { Output.say($0) },
            answer: { (question: String) throws(Failure) -> String in
                Output.ask(question)
                return try ask.line()
            }
        )
        try interview.complete(&setUp, asking: topics)
    }
}
