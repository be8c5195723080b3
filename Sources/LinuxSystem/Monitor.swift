import Glibc

/// A value that threads share, and on whose changes they wait.
///
/// For threads of our own only: `wait` blocks, and must not run on Swift's cooperative pool.
public final class Monitor<Value: Sendable>: @unchecked Sendable {
    // What makes `@unchecked` true: `value` is touched only with `mutex` held.
    private var value: Value
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    /// Starts with `value`.
    public init(_ value: Value) {
        self.value = value
        pthread_mutex_init(mutex, nil)
        // Waiting counts on a clock that nobody sets.
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(changed, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(mutex)
        changed.deallocate()
        mutex.deallocate()
    }

    /// The value as it is now.
    public var current: Value {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return value
    }

    /// Who is woken after a change. Each time somebody is woken in vain costs more than most changes.
    public enum Waking: Sendable {
        /// The change is nothing to wait for.
        case nobody
        /// All who can be waiting now wait for the same, and one of them is enough.
        case one
        /// Everybody who waits.
        case everybody
    }

    /// Changes the value and wakes who waits.
    public func change<Result>(waking: Waking = .everybody, _ body: (inout Value) -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer {
            wake(waking)
            pthread_mutex_unlock(mutex)
        }
        return body(&value)
    }

    private func wake(_ waking: Waking) {
        switch waking {
        case .nobody: break
        case .one: pthread_cond_signal(changed)
        case .everybody: pthread_cond_broadcast(changed)
        }
    }

    /// Blocks until `condition` holds, at most `limit`; tells whether it holds.
    @discardableResult
    public func wait(atMost limit: Duration, until condition: (Value) -> Bool) -> Bool {
        var deadline = Self.deadline(after: limit)
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while !condition(value) {
            if pthread_cond_timedwait(changed, mutex, &deadline) == ETIMEDOUT { return condition(value) }
        }
        return true
    }

    /// Blocks until `body`, which may change the value, gives a result, at most `limit`; then wakes who waits. Nil when
    /// the time is over.
    public func waitAndChange<Result>(
        atMost limit: Duration,
        waking: Waking = .everybody,
        _ body: (inout Value) -> Result?
    ) -> Result? {
        var deadline = Self.deadline(after: limit)
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        var isOver = false
        while true {
            if let result = body(&value) {
                wake(waking)
                return result
            }
            if isOver { return nil }
            isOver = pthread_cond_timedwait(changed, mutex, &deadline) == ETIMEDOUT
        }
    }

    private static func deadline(after limit: Duration) -> timespec {
        var deadline = timespec()
        clock_gettime(CLOCK_MONOTONIC, &deadline)
        let parts = limit.components
        deadline.tv_sec += Int(parts.seconds)
        deadline.tv_nsec += Int(parts.attoseconds / 1_000_000_000)
        if deadline.tv_nsec >= 1_000_000_000 {
            deadline.tv_sec += 1
            deadline.tv_nsec -= 1_000_000_000
        }
        return deadline
    }
}
