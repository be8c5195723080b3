import Glibc

/// Tells long work that it should stop: signals, or somebody of the program itself.
///
/// Work asks `isRequested` between files and every 64 MiB inside one, and then ends in order.
public final class Interruption: Sendable {
    private let requested = Flag()

    /// What ends a program in order: a service's stop, Ctrl-C, Ctrl-\\, and a terminal or connection that is gone.
    private static let signals = [SIGTERM, SIGINT, SIGQUIT, SIGHUP]

    /// One that nobody has requested yet.
    public init() {}

    /// True from the first request on.
    public var isRequested: Bool { requested.isSet }

    /// Asks the work to stop.
    public func request() {
        requested.set()
    }

    /// From now on SIGTERM, SIGINT, SIGQUIT and SIGHUP request the interruption instead of ending the process.
    ///
    /// Call it before any other thread starts: threads inherit the mask. A thread of its own waits for the
    /// signals; it lives as long as the process.
    public func requestOnSignals(onSignal: @escaping @Sendable (Int32) -> Void = { _ in }) {
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in Self.signals { sigaddset(&signals, number) }
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        signal(SIGPIPE, SIG_IGN)
        Thread.start(named: "signals") { [requested] in
            var signals = sigset_t()
            sigemptyset(&signals)
            for number in Self.signals { sigaddset(&signals, number) }
            while true {
                var number: Int32 = 0
                if sigwait(&signals, &number) == 0 {
                    requested.set()
                    onSignal(number)
                }
            }
        }
    }
}
