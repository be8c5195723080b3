public import Drives
public import Indicators
import LinuxSystem
import Logging
import Reporting

// Siblings do not know each other; here their words for the same things meet.

/// Only `LockedDrive.release` makes a released drive, after every step that P1 asks for.
extension ReleasedDrive: SafeToUnplug {}

extension PowerRequest {
    init(_ ending: DriveConfiguration.Ending) {
        self =
            switch ending {
            case .powerOff: .off
            case .stop: .stop
            case .leave: .leave
            }
    }
}

extension RestState {
    init(_ power: ReleasedDrive.Power) {
        self =
            switch power {
            case .off: .poweredOff
            case .stopped: .stopped
            case .left: .closed
            }
    }
}

extension Indicator {
    /// The light as it is configured. Its troubles are warnings in the log.
    convenience init(_ settings: LightSettings, in context: RunContext) {
        let logger = context.logger
        self.init(
            output: context.lightOutput(settings),
            board: LightBoard(folder: context.layout.lightFolder),
            settings: settings,
            onWarning: { logger.warning("\($0)") }
        )
    }

    /// The light, with something to say from the first moment: what is on the board when it starts may be the green
    /// of the last run.
    convenience init(
        _ settings: LightSettings,
        in context: RunContext,
        saying notice: LightNotice,
        job: FileName
    ) {
        do {
            try LightBoard(folder: context.layout.lightFolder).post(notice, job: job)
        } catch {
            context.logger.warning("\(error)")
        }
        self.init(settings, in: context)
        show(notice, job: job)
    }
}
