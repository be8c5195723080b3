import Drives
import LinuxSystem

/// The commented configuration: as `config example` prints it, and as `init` writes it with a person's answers.
///
/// `docs/config.toml` is the example; a test sees to it that they are the same.
struct ConfigurationTemplate: Hashable, Sendable {
    /// A folder to copy.
    struct Source: Hashable, Sendable {
        /// Its folder on the drive.
        var name: String
        /// Where it is.
        var path: String
        /// True when it must be a mounted file system.
        var requiresMount: Bool
    }

    /// What the settings of the first source that nobody was asked about are.
    enum Settings: Hashable, Sendable {
        /// Samples that take effect.
        case samples
        /// The same as comments.
        case comments
    }

    var sources: [Source]
    var settings = Settings.comments
    /// Who gets mail.
    var recipients = MailConfiguration.standard.recipients
    var hasLight = true

    /// The example of the documentation.
    static let example = ConfigurationTemplate(
        sources: [Source(name: "photos", path: "/srv/photos", requiresMount: true)],
        settings: .samples
    )

    /// The file's text.
    var text: String {
        var sections = [Self.head]
        sections += sources.prefix(1).map { first($0) }
        sections += sources.dropFirst().map { Self.mandatory($0) }
        sections += [
            Self.hookedSource, Self.otherSource, Self.runSection, Self.guardSection, lightSection,
            mailSection,
            Self.driveSection,
        ]
        return sections.joined(separator: "\n")
    }

    private static func mandatory(_ source: Source) -> String {
        """
        [[source]]
        name = \(TOMLText.quoted(source.name))
        path = \(TOMLText.quoted(source.path))
        require_mount = \(source.requiresMount)

        """
    }

    private func first(_ source: Source) -> String {
        let mark =
            switch settings {
            case .samples: ""
            case .comments: "# "
            }
        return """
            # What is copied. Repeat [[source]] for every folder; each becomes a folder of its name on the drive.
            [[source]]
            name = \(TOMLText.quoted(source.name))
            path = \(TOMLText.quoted(source.path))
            # Nothing is deleted on the drive, and the run fails, when the path is not a mounted file system.
            require_mount = \(source.requiresMount)
            # Patterns with rsync's meaning, the first that matches decides; what is excluded is not copied and not deleted.
            # "+ PATTERN" includes: ["+ keep.tmp", "*.tmp"]. A slash in front means the source's folder itself.
            \(mark)exclude = ["*.tmp", "/cache/"]
            # More patterns, one a line, as rsync's --exclude-from; they come behind those of 'exclude'.
            # exclude_from = "/etc/extbackup/photos.exclude"
            # Of folders with a CACHEDIR.TAG (https://bford.info/cachedir/) copy only the folder and the tag.
            # exclude_caches = true
            # Obey files named .extbackupignore: patterns, one a line, for their folder and all below, inner ones first.
            # 'exclude' and 'exclude_from' come before them, so "+ /letters/***" there keeps letters from being hidden.
            # Whoever may write into a folder can hide all in it from the backup this way; so it is off unless you say so.
            # ignore_files = true
            # Files of other sizes are not copied; what the drive has of them stays as it is. 1 GB is 10^9 bytes, 1 GiB 2^30.
            # max_size = "4GB"
            # min_size = "1"
            # Leave out file systems that are mounted somewhere below.
            \(mark)one_file_system = true

            """
    }

    private var lightSection: String {
        """
        # The BlinkStick. No stick is no problem.
        [led]
        enabled = \(hasLight)
        index = 0               # which LED of the stick; a stick with one LED has only 0
        brightness = 10         # percent
        # serial = "BS012345-3.0"
        working = "33c280"
        # safe, held and failed take colors, too; so do verifying, due and unknown, which are not shown yet

        """
    }

    private var mailSection: String {
        """
        [mail]
        to = [\(recipients.map { TOMLText.quoted($0) }.joined(separator: ", "))]
        on = ["failure", "held", "recovered"]
        # sendmail = "/usr/sbin/sendmail"

        """
    }

    private static let head = """
        # /etc/extbackup/config.toml: what is backed up, and how you are told.
        # The program reads this file and never changes it. Unknown keys are errors.
        # 'extbackup config check' tells whether it is right.

        """

    private static let hookedSource = """
        # [[source]]
        # name = "database"
        # path = "/var/backups/database"
        # # Programs of your own, with their arguments, before this source is looked at and after it was copied: a dump, a
        # # snapshot that is mounted at 'path' and taken away again. They run as root, as services of their own, without a shell.
        # # 'before' decides: exit status 0 goes on, 75 skips this source, everything else fails it; the others are copied.
        # # 'after' runs whenever 'before' was started and did not say 75, also when the copy failed; after a power cut it does
        # # not, so let 'before' cope with what it finds. What they say is in the journal. They are told:
        # #   EXTBACKUP_HOOK (before, after), EXTBACKUP_DRIVE, EXTBACKUP_SOURCE, EXTBACKUP_PATH,
        # #   EXTBACKUP_STATUS ('after' only: ok, partial, held, failed, interrupted, skipped)
        # before = ["/usr/local/bin/dump-database", "--all"]
        # after = ["/usr/local/bin/remove-dump"]
        # hook_timeout = "30m"    # for each; then it is stopped, which is a failure

        """

    private static let runSection = """
        # The same for the run as a whole: 'before' while the drive is still closed, so here is the place for what takes long;
        # 75 skips the run. 'after' when the drive is closed again.
        # [run]
        # before = ["/usr/local/bin/dump-everything"]
        # after = ["/usr/local/bin/tell-somebody"]
        # timeout = "2h"

        """

    private static let otherSource = """
        # [[source]]
        # name = "borg"
        # path = "/srv/borg/repo"
        # # Hold borg's own lock for as long as the repository is copied. Other kinds:
        # #   { kind = "flock", path = "/run/lock/my.lock" }
        # #   { kind = "command", command = ["/usr/local/bin/hold-lock"] }   prints a line, holds until its input ends
        # lock = { kind = "borg", wait = "30m" }

        """

    private static let guardSection = """
        # A run that would delete more than this of a source deletes nothing of it and waits for your word
        # ('extbackup approve'): a missing folder or a mass deletion must not reach your only other copy.
        [guard]
        max_delete = { files = 1000, percent = 20 }
        # Pulling the drive after such a run and plugging it in again within ten minutes, but not within the first half
        # minute, is your word, too.
        replug_approves = true

        """

    private static let driveSection = """
        [drive]
        # So long after its last good backup a drive is overdue; 'extbackup status' and 'extbackup doctor' tell.
        due_after = "30d"
        # When all is written and closed: "power-off" switches the USB port off, "stop" only spins down,
        # "leave" does neither.
        when_done = "power-off"

        """
}
