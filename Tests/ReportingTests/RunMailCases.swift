import LinuxSystem

@testable import Reporting

/// Whole mails: what is reported. What is then said stands in `DriveMailTests` and `SourceMailTests`.
enum RunMailCase {
    static func mail(_ report: RunReport, _ occasion: MailPolicy.Occasion) throws -> String {
        let context = context(to: [try MailAddress("root")])
        let mail = RunMail.compose(report, occasion: occasion, context: context)
        return String(decoding: mail.bytes, as: UTF8.self)
    }

    static func context(to: [MailAddress]) -> MailContext {
        MailContext(
            to: to,
            now: Sample.ended.advanced(by: .seconds(60)),
            drives: [
                DriveStanding(name: "red", lastGood: Timestamp("2026-02-01T06:38:00Z")),
                DriveStanding(name: "blue", lastGood: Timestamp("2025-12-24T18:00:00Z")),
                DriveStanding(name: "green", lastGood: nil),
            ],
            journal: [
                JournalLine(time: Sample.started, message: "drive found (serial=WD-WX12A3456789)"),
                JournalLine(time: Sample.ended, priority: 4, message: "the light does not answer"),
            ],
            localTime: Sample.centralEurope
        )
    }

    static var failedSafe: RunReport {
        var report = Sample.report(
            .failed(.other),
            failure: Explanation(
                message: "'photos/2025/a\\x1b.jpg': input/output error (read)",
                hint: "the disk of the source may be dying, ask it: smartctl -a /dev/sda"
            )
        )
        report.sources = [
            SourceResult(name: "photos", filesCopied: 1_340, bytesCopied: 20_500_000_000),
            SourceResult(name: "borg", note: "not reached"),
        ]
        report.space = FreeSpace(
            before: 1_200_000_000_000,
            after: 1_179_500_000_000,
            needed: 41_000_000_000
        )
        report.warnings = ["the light does not answer"]
        return report
    }

    static var failedUnsafe: RunReport {
        var report = Sample.report(
            .failed(.notClosed),
            phase: .closing,
            safety: .unsafe(reason: "process 812 (smbd) still uses the file system"),
            failure: Explanation(message: "the file system could not be unmounted: device or resource busy")
        )
        report.sources = [SourceResult(name: "photos", filesCopied: 1, bytesCopied: 700)]
        return report
    }

    static var driveGone: RunReport {
        var report = Sample.report(
            .failed(.driveGone),
            safety: .gone,
            failure: Explanation(message: "the drive vanished: input/output error (syncfs)")
        )
        report.sources = [SourceResult(name: "photos", filesCopied: 120, bytesCopied: 3_000_000)]
        return report
    }

    static var held: RunReport {
        var report = Sample.report(.held, phase: .closing, safety: .safe(.stopped))
        report.sources = [
            SourceResult(
                name: "photos",
                filesCopied: 3,
                bytesCopied: 4_096,
                heldDeletions: 12_031,
                note: "the source is empty, but the copy holds 12 031 entries"
            ),
            SourceResult(name: "mail", filesCopied: 10, bytesCopied: 100_000, deleted: 2),
        ]
        return report
    }

    static var sourceMissing: RunReport {
        var report = Sample.report(
            .failed(.sourceMissing),
            phase: .closing,
            failure: Explanation(message: "source 'photos': '/srv/photos' is not a mounted file system")
        )
        report.sources = [
            SourceResult(name: "photos", note: "not mounted: nothing was copied or deleted"),
            SourceResult(name: "mail", filesCopied: 10, bytesCopied: 100_000),
        ]
        return report
    }

    static var noSpace: RunReport {
        var report = Sample.report(
            .failed(.noSpace),
            phase: .scanning,
            safety: .safe(.closed),
            failure: Explanation(message: "it does not fit: 2.1 TB are needed, 1.9 TB are free")
        )
        report.sources = [SourceResult(name: "photos"), SourceResult(name: "mail")]
        report.space = FreeSpace(before: 1_999_999_999_999, needed: 2_100_000_000_000)
        return report
    }

    static var wrongKey: RunReport {
        var report = Sample.report(
            .failed(.unlockFailed),
            phase: .unlocking,
            safety: .safe(.closed),
            failure: Explanation(message: "the key of this NAS does not open the drive")
        )
        report.runNumber = 0
        return report
    }

    static var partial: RunReport {
        var report = Sample.report(.partial, phase: .closing)
        var photos = SourceResult(name: "photos", filesCopied: 200, bytesCopied: 5_000_000)
        for number in 1...9 {
            photos.skipped.add(FileName("a \(number)\u{202e}gpj.exe"), reason: "permission denied")
        }
        var mail = SourceResult(name: "mail", deleted: 1)
        let long = FileName(String(repeating: "directory/", count: 12) + "größe")
        mail.skipped.add(long, reason: "input/output error")
        for _ in 0..<30 { mail.skipped.add("x", reason: "permission denied") }
        report.sources = [photos, mail]
        return report
    }

    static var recovered: RunReport {
        var report = Sample.report(.succeeded, phase: .reporting)
        report.sources = [SourceResult(name: "photos", filesCopied: 1, bytesCopied: 999, deleted: 1)]
        return report
    }

    static var agentKilled: RunReport? {
        var status = DriveStatus()
        status.begin(
            RunningState(
                invocation: Sample.invocation,
                pid: 5,
                started: Sample.started,
                phase: .copying,
                progress: Progress(
                    changesDone: 12,
                    changesTotal: 1_340,
                    bytesDone: 1_500_000,
                    bytesTotal: 20_000_000
                )
            )
        )
        return FailureHook.report(
            MonitorEnvironment([
                "MONITOR_SERVICE_RESULT": "oom-kill", "MONITOR_EXIT_CODE": "killed",
                "MONITOR_EXIT_STATUS": "KILL", "MONITOR_INVOCATION_ID": Sample.invocation,
                "MONITOR_UNIT": "extbackup@red.service",
            ]),
            host: "nas",
            drive: Sample.drive,
            status: status,
            safety: .safe(.closed),
            now: Sample.ended
        )
    }
}
