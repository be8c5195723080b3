import Indicators
import LinuxSystem
import Reporting

/// The form of `config.toml` as a JSON schema (draft 2020-12), from which editors complete keys and mark mistakes.
///
/// What two settings mean together is left to the reader. A test asks the reader for every key, kind, choice, limit and
/// default that stands here.
enum ConfigurationSchema {
    private typealias Member = JSONValue.Member

    static var document: JSONValue {
        .object([
            .init("$schema", "https://json-schema.org/draft/2020-12/schema"),
            .init("title", "extbackup's configuration"),
            .init("type", "object"),
            .init("description", "What is backed up, and how you are told: /etc/extbackup/config.toml."),
            .init(
                "properties",
                .object([
                    .init(
                        "source",
                        list("Folders to copy, each to a folder of its name.", of: source, atLeast: 1)
                    ),
                    .init("run", table("Programs around the whole run.", hooks(timeout: "timeout"))),
                    .init("guard", guardTable),
                    .init("led", led),
                    .init("mail", mail),
                    .init("drive", drive),
                ])
            ),
            .init("additionalProperties", false),
            .init("required", ["source"]),
        ])
    }

    private static var source: JSONValue {
        let place: [Member] = [
            .init(
                "name",
                text("Its folder on the drive.", pattern: "^(?!history$)[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")
            ),
            .init("path", path("Where it is on this machine.")),
            .init("require_mount", flag("Nothing of it is deleted while no file system is mounted there.")),
            .init("one_file_system", flag("Leave out file systems that are mounted somewhere below.")),
        ]
        let pattern = text("A pattern.", pattern: "^(?!!$).+")
        let selection: [Member] = [
            .init(
                "exclude",
                list(
                    "Patterns with rsync's meaning; the first that matches decides.",
                    of: pattern,
                    usually: []
                )
            ),
            .init("exclude_from", path("A file with more patterns, one a line.")),
            .init("exclude_caches", flag("Of folders with a CACHEDIR.TAG copy only the folder and the tag.")),
            .init("ignore_files", flag("Obey files named .extbackupignore.")),
            .init("min_size", size("Smaller files are not copied.")),
            .init("max_size", size("Larger files are not copied.")),
        ]
        return table(
            "A folder to copy.",
            place + selection + [.init("lock", lock)] + hooks(timeout: "hook_timeout"),
            required: ["name", "path"]
        )
    }

    private static func hooks(timeout key: String) -> [Member] {
        let word = text("An absolute path, then arguments.")
        return [
            .init("before", list("A program to run before; status 75 skips.", of: word, atLeast: 1)),
            .init("after", list("A program to run after, also when something failed.", of: word, atLeast: 1)),
            .init(key, text("How long each may take; 30m if nothing is said.", pattern: "^[0-9]+[smh]$")),
        ]
    }

    private static var lock: JSONValue {
        let file = path("A file to hold flock(2) on.")
        let program = list(
            "A program that prints a line when it has the lock, and gives it back when its input ends.",
            of: text("An absolute path, then arguments."),
            atLeast: 1
        )
        let kinds = [
            lockTable("flock", .init("path", file)),
            lockTable("borg"),
            lockTable("command", .init("command", program)),
        ]
        return .object([
            .init("description", "What keeps others from changing the source meanwhile."),
            .init("oneOf", .array(kinds)),
        ])
    }

    private static func lockTable(_ kind: String, _ own: Member...) -> JSONValue {
        let name = JSONValue.object([.init("type", "string"), .init("const", .string(kind))])
        let wait = text("How long to wait for it.", pattern: "^[0-9]+[smh]$", usually: "30m")
        return table(
            "It is held for as long as the source is copied.",
            [.init("kind", name)] + own + [.init("wait", wait)],
            required: ["kind"] + own.map(\.key)
        )
    }

    private static var guardTable: JSONValue {
        let limit = DeletionLimit.standard
        let most = table(
            "More deletions of a source than this are held until a person approves.",
            [
                .init("files", number("Files and folders.", in: 0...Int.max, usually: limit.files)),
                .init(
                    "percent",
                    number("Percent of what the drive has.", in: 0...100, usually: limit.percent)
                ),
            ]
        )
        let replug = flag(
            "Whether plugging a drive in again within ten minutes approves what its run held.",
            usually: true
        )
        return table(
            "When deletions are held.",
            [.init("max_delete", most), .init("replug_approves", replug)]
        )
    }

    private static var led: JSONValue {
        let light = LightConfiguration.standard
        let own: [Member] = [
            .init("enabled", flag("Whether there is a light.", usually: true)),
            .init("serial", text("The stick's serial number; without it every stick.", pattern: ".")),
            .init("index", number("Which LED of the stick.", in: 0...63, usually: light.index)),
            .init("brightness", number("Percent.", in: 1...100, usually: light.brightness)),
        ]
        let colors = LightRole.allCases.map { role in
            let color = LightSettings.standard.color(for: role).description
            let form = "^(off|#?[0-9A-Fa-f]{6})$"
            let what = "A color: six digits, or 'off'." + (role.isUsed ? "" : " Not shown yet.")
            return Member(role.rawValue, text(what, pattern: form, usually: color))
        }
        return table("The BlinkStick. No stick is no problem.", own + colors)
    }

    private static var mail: JSONValue {
        let standard = MailConfiguration.standard
        let address = text("An address.", pattern: "^[^-@ ][^@ ]*(@[^@ ]+)?$")
        let occasion = choice("An occasion.", among: MailPolicy.Occasion.allCases.map(\.rawValue))
        return table(
            "Who gets mail, and when.",
            [
                .init(
                    "to",
                    list(
                        "Addresses or local users; none: no mail.",
                        of: address,
                        usually: standard.recipients
                    )
                ),
                .init("on", list("On which occasions.", of: occasion, usually: standard.policy.names)),
                .init("sendmail", path("What takes the mail.", usually: standard.sendmail)),
            ]
        )
    }

    private static var drive: JSONValue {
        let ending = choice(
            "How far it is switched off when it is closed.",
            among: DriveConfiguration.Ending.allCases.map(\.rawValue),
            usually: DriveConfiguration.standard.ending.rawValue
        )
        let due = text(
            "So long after its last good backup a drive is overdue.",
            pattern: "^[0-9]+d$",
            usually: DriveConfiguration.standard.dueAfterText
        )
        return table(
            "What holds for every drive.",
            [.init("due_after", due), .init("when_done", ending)]
        )
    }
}

// The kinds of settings. What a setting usually is, it is without being written.
extension ConfigurationSchema {
    private static func table(
        _ description: String,
        _ properties: [Member],
        required: [String] = []
    ) -> JSONValue {
        var members: [Member] = [
            .init("type", "object"),
            .init("description", .string(description)),
            .init("properties", .object(properties)),
            .init("additionalProperties", false),
        ]
        if !required.isEmpty { members.append(.init("required", texts(required))) }
        return .object(members)
    }

    private static func setting(_ type: JSONValue, _ description: String, _ more: Member?...) -> JSONValue {
        let head: [Member] = [.init("type", type), .init("description", .string(description))]
        return .object(head + more.compactMap { $0 })
    }

    private static func text(
        _ description: String,
        pattern: String? = nil,
        usually standard: String? = nil
    ) -> JSONValue {
        setting(
            "string",
            description,
            pattern.map { Member("pattern", .string($0)) },
            standard.map { Member("default", .string($0)) }
        )
    }

    private static func path(_ description: String, usually standard: FileName? = nil) -> JSONValue {
        text(description, pattern: "^/", usually: standard.map { String(decoding: $0.bytes, as: UTF8.self) })
    }

    private static func size(_ description: String) -> JSONValue {
        text(
            "\(description) In bytes, or with a unit, like \"4GB\" or \"4GiB\".",
            pattern: "^[0-9]+( ?([kKMGT]?B|[kKMGT]|[KMGT]iB))?$"
        )
    }

    private static func flag(_ description: String, usually standard: Bool = false) -> JSONValue {
        setting("boolean", description, Member("default", .boolean(standard)))
    }

    private static func number(
        _ description: String,
        in range: ClosedRange<Int>,
        usually standard: Int
    ) -> JSONValue {
        setting(
            "integer",
            description,
            Member("minimum", .integer(range.lowerBound)),
            range.upperBound == .max ? nil : Member("maximum", .integer(range.upperBound)),
            Member("default", .integer(standard))
        )
    }

    private static func choice(
        _ description: String,
        among names: [String],
        usually standard: String? = nil
    ) -> JSONValue {
        setting(
            "string",
            description,
            Member("enum", texts(names)),
            standard.map { Member("default", .string($0)) }
        )
    }

    private static func list(
        _ description: String,
        of items: JSONValue,
        atLeast minimum: Int? = nil,
        usually standard: [String]? = nil
    ) -> JSONValue {
        setting(
            "array",
            description,
            Member("items", items),
            minimum.map { Member("minItems", .integer($0)) },
            standard.map { Member("default", texts($0)) }
        )
    }

    private static func texts(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }
}

extension MailPolicy {
    /// The occasions as the configuration names them.
    var names: [String] { Occasion.allCases.filter { occasions.contains($0) }.map(\.rawValue) }
}
