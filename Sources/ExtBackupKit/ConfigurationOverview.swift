import Copying
import Drives
import Indicators
public import LinuxSystem
import Reporting

/// `extbackup config show`: the configuration as it takes effect, with the keys of the file, and the drives' files.
public struct ConfigurationOverview {
    private let files: ConfigurationFiles
    private let settings: [JSONValue.Member]

    /// Reads and checks everything in the configuration's folder.
    public init(folder: FileName) throws(Failure) {
        files = try ConfigurationFiles(in: folder)
        settings = files.configuration.effectiveSettings
    }

    /// A `config.toml` that says all that takes effect; the drives' files are in it as comments.
    public var lines: [String] {
        let path = Self.plain(files.folder.appending("config.toml"))
        var lines = ["# \(path), with all that it does not say", ""]
        lines += JSONValue.tomlLines(settings)
        for drive in files.drives {
            let file = files.folder.appending("drives.d").appending(FileName(drive.name + ".toml"))
            lines += ["", "# \(Self.plain(file))"]
            lines += JSONValue.tomlLines(drive.settings(for: files.configuration)).map { "#   \($0)" }
        }
        return lines
    }

    /// The same for programs; the drives' files are an array under `drives`.
    public func json() throws(Failure) -> String {
        let drives = files.drives.map { JSONValue.object($0.settings(for: files.configuration)) }
        return try PrettyJSON.text(of: JSONValue.object(settings + [.init("drives", .array(drives))]))
    }

    /// The path without quotes, as in messages of mistakes.
    private static func plain(_ path: FileName) -> Substring { path.description.dropFirst().dropLast() }
}

extension Configuration {
    /// Everything that takes effect, under the keys of `config.toml` and in the values that it takes.
    var effectiveSettings: [JSONValue.Member] {
        let limit: [JSONValue.Member] = [
            .init("files", .integer(deletionLimit.files)), .init("percent", .integer(deletionLimit.percent)),
        ]
        let guards: [JSONValue.Member] = [
            .init("max_delete", .object(limit)), .init("replug_approves", .boolean(replugging == .approves)),
        ]
        let run = hooks.effectiveSettings(timeout: "timeout")
        return [.init("source", .array(sources.map { .object($0.effectiveSettings) }))]
            + (run.isEmpty ? [] : [.init("run", .object(run))]) + [
                .init("guard", .object(guards)),
                .init("led", .object(light?.effectiveSettings ?? [.init("enabled", false)])),
                .init(
                    "mail",
                    .object([
                        .init("to", .array(mail.recipients.map { .string($0) })),
                        .init("on", .array(mail.policy.names.map { .string($0) })),
                        .init("sendmail", .string(mail.sendmail.text)),
                    ])
                ),
                .init(
                    "drive",
                    .object([
                        .init("due_after", .string(drive.dueAfterText)),
                        .init("when_done", .string(drive.ending.rawValue)),
                    ])
                ),
            ]
    }
}

extension SourceConfiguration {
    fileprivate var effectiveSettings: [JSONValue.Member] {
        var settings: [JSONValue.Member] = [
            .init("name", .string(name)),
            .init("path", .string(path.text)),
            .init("require_mount", .boolean(requiresMount)),
            .init("one_file_system", .boolean(staysOnFileSystem)),
            .init("exclude", .array(excludes.map { .string($0.text) })),
            .init("exclude_caches", .boolean(taggedCaches == .leftEmpty)),
            .init("ignore_files", .boolean(ignoreFiles == .obeyed)),
        ]
        if sizes.minimum > SizeLimits.any.minimum {
            settings.append(.init("min_size", .string("\(sizes.minimum)")))
        }
        if sizes.maximum < SizeLimits.any.maximum {
            settings.append(.init("max_size", .string("\(sizes.maximum)")))
        }
        if let lock { settings.append(.init("lock", .object(lock.effectiveSettings))) }
        return settings + hooks.effectiveSettings(timeout: "hook_timeout")
    }
}

extension Hooks {
    fileprivate func effectiveSettings(timeout key: String) -> [JSONValue.Member] {
        // A limit of nothing would be a mistake.
        if isEmpty { return [] }
        let programs = [("before", before), ("after", after)].compactMap { key, words in
            words.map { JSONValue.Member(key, .array($0.map { .string($0.text) })) }
        }
        return programs + [.init(key, .string(timeout.configured))]
    }
}

extension SourceLock {
    fileprivate var effectiveSettings: [JSONValue.Member] {
        let own: [JSONValue.Member] =
            switch kind {
            case .flock(let path): [.init("kind", "flock"), .init("path", .string(path.text))]
            case .borg: [.init("kind", "borg")]
            case .command(let words):
                [.init("kind", "command"), .init("command", .array(words.map { .string($0.text) }))]
            }
        return own + [.init("wait", .string(wait.configured))]
    }
}

extension LightConfiguration {
    fileprivate var effectiveSettings: [JSONValue.Member] {
        var settings: [JSONValue.Member] = [.init("enabled", true)]
        if let serial { settings.append(.init("serial", .string(serial))) }
        settings += [.init("index", .integer(index)), .init("brightness", .integer(brightness))]
        // Settings that could not be had of a configuration that was read would have been its mistake, ignoring.
        guard let light = try? LightSettings(self) else { return settings }
        settings += LightRole.allCases.map { role in
            JSONValue.Member(role.rawValue, .string(light.color(for: role).description))
        }
        return settings
    }
}

extension DriveFile {
    /// What its file says, and the sources that go to it.
    fileprivate func settings(for configuration: Configuration) -> [JSONValue.Member] {
        var settings: [JSONValue.Member] = [
            .init("name", .string(name)),
            .init("luks_uuid", .string(luksUUID)),
        ]
        if let serial { settings.append(.init("serial", .string(serial))) }
        if let disk { settings.append(.init("disk", .string(disk))) }
        if let start = extent?.start { settings.append(.init("start", .integer(Int(start)))) }
        if let size = extent?.size { settings.append(.init("size", .integer(Int(size)))) }
        settings += [
            .init("key_slot", .integer(keySlot)),
            .init("filesystem", .string(fileSystem)),
            .init("label", .string(label)),
            .init("prepared", .string(prepared)),
            .init("marker", .string(driveID)),
        ]
        let names = sources ?? configuration.sources.map(\.name)
        return settings + [.init("sources", .array(names.map { .string($0) }))]
    }
}

extension FileName {
    /// The name as a configuration can say it. Bytes that are no text, which only `exclude_from` can bring, are escaped
    /// as in the lines of a copy.
    var text: String { String(validating: bytes, as: UTF8.self) ?? EscapedName(self).text }
}

extension Duration {
    /// A number with the largest unit that leaves no rest, as `init(configured:)` reads it.
    var configured: String {
        let seconds = components.seconds
        if seconds > 0, seconds % 3600 == 0 { return "\(seconds / 3600)h" }
        return seconds > 0 && seconds % 60 == 0 ? "\(seconds / 60)m" : "\(seconds)s"
    }
}
