internal import CLinux
import Glibc
internal import Synchronization

/// Threads of our own for calls that block: they must never run on Swift's cooperative pool.
public enum Thread {
    /// Blocks the calling thread for at least `duration`, also when signals interrupt it.
    public static func sleep(for duration: Duration) {
        let parts = duration.components
        var wanted = timespec(tv_sec: Int(parts.seconds), tv_nsec: Int(parts.attoseconds / 1_000_000_000))
        var rest = timespec()
        while nanosleep(&wanted, &rest) != 0, errno == EINTR { wanted = rest }
    }

    /// Starts a detached thread; it ends when `work` returns.
    ///
    /// - Parameter atEnd: called by the thread after it has let go of `work` and all that it holds.
    public static func start(
        named name: String,
        atEnd: @escaping @Sendable () -> Void = {},
        _ work: @escaping @Sendable () -> Void
    ) {
        #if DEBUG
            let plan = FaultPlan.current
            let body: @Sendable () -> Void = {
                FaultPlan.install(plan)
                work()
            }
        #else
            let body = work
        #endif
        final class Box: Sendable {
            let body: @Sendable () -> Void
            let atEnd: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void, _ atEnd: @escaping @Sendable () -> Void) {
                self.body = body
                self.atEnd = atEnd
            }
        }
        let box = Unmanaged.passRetained(Box(body, atEnd))
        var thread = pthread_t()
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        let reason = pthread_create(
            &thread,
            &attributes,
            { context in
                guard let context else { return nil }
                let held = Unmanaged<Box>.fromOpaque(context)
                let atEnd = held.takeUnretainedValue().atEnd
                held.takeUnretainedValue().body()
                held.release()
                atEnd()
                return nil
            },
            box.toOpaque()
        )
        pthread_attr_destroy(&attributes)
        guard reason == 0 else { fatalError("no memory for a thread (pthread_create: \(reason))") }
        _ = name.withCString { ext_name_thread(thread, $0) }
    }
}

/// A switch that is set once, by any thread.
public final class Flag: Sendable {
    private let value = Atomic<Bool>(false)

    /// One that is not set.
    public init() {}
    /// True once it was set.
    public var isSet: Bool { value.load(ordering: .acquiring) }
    /// Sets it.
    public func set() { value.store(true, ordering: .releasing) }
}
