import Synchronization

@testable import Indicators

/// Writes down the colors it is asked to show, and fails when told to.
final class RecordingLight: LightOutput {
    enum Call: Hashable { case show(RGB), rest }

    private struct State {
        var calls: [Call] = []
        var failure: LightWarning?
    }
    private let state = Mutex(State())

    var calls: [Call] { state.withLock { $0.calls } }
    var colors: [RGB] {
        calls.compactMap { call in
            switch call {
            case .show(let color): color
            case .rest: nil
            }
        }
    }

    func fail(with failure: LightWarning?) { state.withLock { $0.failure = failure } }
    func forget() { state.withLock { $0.calls = [] } }

    func show(_ color: RGB) throws(LightWarning) {
        let failure = state.withLock { state in
            state.calls.append(.show(color))
            return state.failure
        }
        if let failure { throw failure }
    }

    func reach() throws(LightWarning) {
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    func rest() { state.withLock { $0.calls.append(.rest) } }
}

/// Writes down warnings.
final class WarningLog: Sendable {
    private let log = Mutex<[LightWarning]>([])
    var warnings: [LightWarning] { log.withLock { $0 } }
    func add(_ warning: LightWarning) { log.withLock { $0.append(warning) } }
}

/// A drive that was released, as the step that releases it would give it.
struct ReleasedTestDrive: ~Copyable, SafeToUnplug {}

extension RGB {
    static let working = RGB(0x33c280)
    static let safe = RGB(0x008000)
    static let red = RGB(0xff0000)
    static let amber = RGB(0xff8000)
    static let white = RGB(0xffffff)
}
