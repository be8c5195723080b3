import FoundationEssentials

/// What a program says of itself: version 0 of swift-argument-parser's `ToolInfo`.
struct ProgramHelp: Decodable {
    let serializationVersion: Int
    let command: CommandHelp

    /// Reads the JSON document.
    init(decoding bytes: [UInt8]) throws {
        self = try JSONDecoder().decode(ProgramHelp.self, from: Data(bytes))
        if serializationVersion != 0 {
            throw ManualError("the help has version \(serializationVersion), which is not known")
        }
    }
}

/// A command with those below it.
struct CommandHelp: Decodable {
    let commandName: String
    let abstract: String?
    let discussion: String?
    let shouldDisplay: Bool
    let arguments: [ArgumentHelp]?
    let subcommands: [CommandHelp]?

    /// The commands below it that are shown, but `help`, which is in the synopsis.
    var shownSubcommands: [CommandHelp] {
        (subcommands ?? []).filter { $0.shouldDisplay && $0.commandName != "help" }
    }

    /// What it takes and shows, but what all commands take.
    var ownArguments: [ArgumentHelp] {
        (arguments ?? []).filter { $0.shouldDisplay && $0.valueName != "help" && $0.valueName != "version" }
    }
}

/// An argument, an option with a value, or a flag.
struct ArgumentHelp: Decodable {
    enum Kind: String, Decodable {
        case positional, option, flag
    }

    struct Name: Decodable {
        enum Kind: String, Decodable {
            case long, short, longWithSingleDash
        }

        let kind: Kind
        let name: String

        /// With its dashes.
        var text: String {
            switch kind {
            case .long: "--" + name
            case .short, .longWithSingleDash: "-" + name
            }
        }
    }

    let kind: Kind
    let names: [Name]?
    let preferredName: Name?
    let valueName: String?
    let defaultValue: String?
    let isOptional: Bool
    let isRepeating: Bool
    let shouldDisplay: Bool
    let abstract: String?
    let discussion: String?
}
