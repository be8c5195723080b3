public import Drives
import Indicators
import LinuxSystem
import Reporting

/// What is tried as soon as a drive is made: that what was kept of it does its work, and that light and mail reach a
/// person. Whatever fails is told with what mends it, and takes nothing back: the drive is made all the same.
public struct DriveTrial {
    /// Whether light and mail are used, or only looked at.
    public enum Signals: Sendable {
        /// The light shows colors, and a mail is sent: for somebody who sees them.
        case shown
        /// Neither.
        case quiet
    }

    private let context: RunContext
    private let name: DriveName

    /// So long each color is shown.
    private static let colorPause = Duration.milliseconds(400)

    /// Tries a drive that was just made and is still plugged in.
    public init(_ name: DriveName, in context: RunContext) {
        self.name = name
        self.context = context
    }

    /// What was found: of the drive, of the configuration, then of light and mail. Blocks.
    public func perform(_ signals: Signals) -> [Finding] {
        var findings: [Finding] = []
        do {
            findings += Doctor(context).checkRecords(of: try EnrolledDrive(name, in: context))
        } catch {
            findings.append(.failure(.configuration, name.text, error))
        }
        do {
            let configuration = try Configuration(readingFrom: context.layout.configurationFile)
            findings += tryLight(configuration, signals) + tryMail(configuration, signals)
        } catch {
            findings.append(.failure(.configuration, nil, Failure(error)))
        }
        return findings
    }

    private func tryLight(_ configuration: Configuration, _ signals: Signals) -> [Finding] {
        let found = Doctor(context).checkLight(configuration).map(\.asNote)
        guard signals == .shown, found.first?.grade == .fine else { return found }
        do {
            // Green is the end of a backup, and nothing else shows it.
            let roles: [LightRole] = [.working, .held, .failed]
            let commands = LightCommands(context)
            let settings = try commands.lightSettings()
            let said = try LightBoard(folder: context.layout.lightFolder).read().worst
            if said.isInUse {
                return [.note(.light, nil, "not tried: \(Failure.lightInUse(said).message)")]
            }
            guard said == .off else {
                return [.note(.light, nil, "not tried, for it says something: 'extbackup led test' tries it")]
            }
            try commands.show(roles, of: settings, for: Self.colorPause)
            let shown = roles.map(\.rawValue).joined(separator: ", ")
            return [.fine(.light, nil, "it showed: \(shown); 'extbackup led test' shows all colors")]
        } catch let failure as Failure {
            return [.warning(.light, nil, failure.message, hint: failure.hint)]
        } catch let warning as LightWarning {
            return [.warning(.light, nil, "\(warning)", hint: warning.hint)]
        } catch {
            return [.warning(.light, nil, "\(error)")]
        }
    }

    private func tryMail(_ configuration: Configuration, _ signals: Signals) -> [Finding] {
        guard signals == .shown, !configuration.mail.recipients.isEmpty else {
            return Doctor(context).checkMail(configuration)
        }
        do {
            return [.fine(.mail, nil, try MailCommands(context).test())]
        } catch {
            return [.failure(.mail, nil, error)]
        }
    }
}

extension Finding {
    /// A light that is missing or broken keeps nobody from anything.
    fileprivate var asNote: Finding {
        guard check == .light, grade == .warning else { return self }
        return .note(check, subject, message, hint: hint)
    }
}

extension [Finding] {
    /// True when nothing was found that would make a backup fail.
    var allowBackup: Bool {
        !contains { finding in
            switch finding.check {
            case .light, .mail: false
            case .configuration, .source, .key, .header, .unit, .age, .machine, .automounter, .clock, .space:
                finding.grade == .failure
            }
        }
    }
}
