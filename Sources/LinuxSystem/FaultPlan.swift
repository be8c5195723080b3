#if DEBUG
    import Glibc
    internal import Synchronization
    public import SystemPackage

    /// What goes wrong, and when: a seam below the system calls, in debug builds only.
    ///
    /// A plan counts the calls that one thread, and the threads it starts, make through `check`, and asks what shall
    /// become of each. Other threads of the process do not notice it, so tests run beside each other.
    public final class FaultPlan: Sendable {
        /// One system call.
        public struct Call: Hashable, Sendable {
            /// The first one is 1.
            public let number: Int
            /// Its name as errors tell it: `openat2`.
            public let name: String
            /// What it works on, as errors tell it; often a name, often empty.
            public let subject: FileName
        }

        /// What becomes of a call.
        public enum Reaction: Hashable, Sendable {
            /// It is made.
            case proceed
            /// It is not made, and fails.
            case fail(Errno)
            /// It is made, and fails all the same: an answer that got lost.
            case failAfterwards(Errno)
            /// It is not made, and the process ends at once, as by SIGKILL.
            case die
        }

        private struct State {
            var count = 0
            var faults: [Call] = []
        }

        private let state = Mutex(State())
        private let decide: @Sendable (Call) -> Reaction

        /// Asks `decide` before each call, on the thread that makes it; calls that `decide` makes itself do not count.
        public init(_ decide: @escaping @Sendable (Call) -> Reaction) {
            self.decide = decide
        }

        /// Lets the call with this number fail, and all others proceed.
        public convenience init(failing number: Int, with reason: Errno) {
            self.init { $0.number == number ? .fail(reason) : .proceed }
        }

        /// Calls made so far, those that failed included.
        public var count: Int { state.withLock { $0.count } }

        /// The calls that did not proceed.
        public var faults: [Call] { state.withLock { $0.faults } }

        /// Runs `body` under this plan, on the calling thread and on those that it starts.
        public func run<Result, Failure: Error>(
            _ body: () throws(Failure) -> Result
        ) throws(Failure) -> Result {
            let before = Self.current
            Self.install(self)
            defer { Self.install(before) }
            return try body()
        }

        private func reaction(to name: StaticString, _ subject: FileName) -> Reaction {
            let number = state.withLock {
                $0.count += 1
                return $0.count
            }
            let call = Call(number: number, name: name.description, subject: subject)
            Self.install(nil)
            let reaction = decide(call)
            Self.install(self)
            if reaction != .proceed { state.withLock { $0.faults.append(call) } }
            if reaction == .die { kill(getpid(), SIGKILL) }
            return reaction
        }

        // MARK: - The plan of a thread

        private static let key: pthread_key_t = {
            var key = pthread_key_t()
            // It fails only when a process has more than a thousand keys, and then nothing is installed, ignoring.
            _ = pthread_key_create(&key, nil)
            return key
        }()

        /// The calling thread's plan. Its owner is whoever runs it.
        static var current: FaultPlan? {
            pthread_getspecific(key).map { Unmanaged<FaultPlan>.fromOpaque($0).takeUnretainedValue() }
        }

        static func install(_ plan: FaultPlan?) {
            pthread_setspecific(key, plan.map { UnsafeRawPointer(Unmanaged.passUnretained($0).toOpaque()) })
        }

        /// What becomes of a call that the calling thread is about to make.
        @usableFromInline
        static func reaction(to name: StaticString, _ subject: () -> FileName) -> Reaction {
            current?.reaction(to: name, subject()) ?? .proceed
        }
    }
#endif
