#if DEBUG
    import Copying
    import LinuxSystem
    import SystemPackage
    import Testing

    @Suite("When a system call fails", Need.root, .serialized)
    struct FaultTests {
        /// What it fails with, one reason for each call in turn; a setting tries them all.
        private static let reasons: [Errno] = [
            .ioError, .noSpace, .noMemory, .readOnlyFileSystem, .staleNFSFileHandle, .permissionDenied,
            .interrupted, .notPermitted, .invalidArgument, .tooManyOpenFiles,
        ]

        @Test(
            "whichever it is, it is named or has no effect, and the next run converges",
            arguments: Start.allCases,
            Memory.allCases
        )
        func everyCall(start: Start, memory: Memory) throws {
            let bench = try FaultBench(start, memory)
            let count = try calls(of: bench).count
            let tries = min(setting("EXTBACKUP_FAULTS", otherwise: 1), Self.reasons.count)
            for number in everyFew(count) {
                for attempt in 0..<tries {
                    let reason = Self.reasons[(number + attempt) % Self.reasons.count]
                    let comment = "call \(number) of \(count): \(reason)"
                    let opinion = number % 64 < 4
                    try check(
                        bench,
                        { $0.number == number ? .fail(reason) : .proceed },
                        comment,
                        second: opinion
                    )
                }
            }
        }

        @Test(
            "that makes things durable, the run ends, whatever the reason",
            arguments: Start.allCases,
            Memory.allCases
        )
        func notDurable(start: Start, memory: Memory) throws {
            let bench = try FaultBench(start, memory)
            let syncs = try calls(of: bench).filter { ["syncfs", "fsync", "fdatasync"].contains($0.name) }
            #expect(!syncs.isEmpty)
            for call in syncs {
                for reason in Self.reasons where reason != .interrupted {
                    let destination = try bench.makeDestination("destination")
                    let plan = FaultPlan {
                        $0.number == call.number && $0.name == call.name ? .failAfterwards(reason) : .proceed
                    }
                    let result = plan.run {
                        namedFailures(bench.source, destination, manifestAt: bench.manifest("destination"))
                    }
                    #expect(
                        result.ending == .broken || plan.faults.isEmpty,
                        "\(call) \(reason) \(result.lines)"
                    )
                    try bench.check(destination, result.ending, "\(call) \(reason)")
                    try bench.remove("destination")
                }
            }
        }

        @Test("though it was carried out, nothing is lost by it", arguments: Start.allCases, Memory.allCases)
        func lostAnswer(start: Start, memory: Memory) throws {
            // Calls that open something would leave it open.
            let opening: Set<String> = ["open", "openat", "openat2", "fcntl"]
            let bench = try FaultBench(start, memory)
            let calls = try calls(of: bench)
            for call in everyFew(calls.count).map({ calls[$0 - 1] }) where !opening.contains(call.name) {
                try check(
                    bench,
                    {
                        $0.number == call.number && $0.name == call.name
                            ? .failAfterwards(.ioError) : .proceed
                    },
                    "\(call.name), call \(call.number), carried out"
                )
            }
        }

        @Test(
            "and all after it, the run ends, and nothing is lost",
            arguments: Start.allCases,
            Memory.allCases
        )
        func everythingFails(start: Start, memory: Memory) throws {
            let bench = try FaultBench(start, memory)
            let count = try calls(of: bench).count
            for number in stride(from: 1, through: count, by: 12) {
                try check(
                    bench,
                    { $0.number >= number ? .fail(.ioError) : .proceed },
                    "from call \(number) of \(count) on"
                )
            }
        }

        @Test("below what is to be removed, what cannot be looked at is named and stays")
        func unreadableRemoval() throws {
            let home = try TemporaryFolder(in: "/dev/shm")
            let source = try home.makeFolder("source")
            let destination = try home.makeFolder("destination")
            try destination.make([.folder("gone", [.file("a"), .file("b")])])
            let plan = FaultPlan {
                $0.name == "statx" && $0.subject == "b" ? .fail(.permissionDenied) : .proceed
            }
            let result = plan.run { namedFailures(source, destination) }
            #expect(result.ending == .partial)
            #expect(result.lines.count == 1 && result.lines[0].hasPrefix("'gone/b' is refused"), "\(result)")
            #expect(
                try TreeFacts(destination).names == ["'' directory", "'gone' directory", "'gone/b' file"]
            )
        }

        /// The calls of a run without faults.
        private func calls(of bench: FaultBench) throws -> [FaultPlan.Call] {
            let calls = Locked<[FaultPlan.Call]>([])
            let plan = FaultPlan { call in
                calls.change { $0.append(call) }
                return .proceed
            }
            let destination = try bench.makeDestination("count")
            _ = try plan.run { try copy(bench.source, to: destination, manifestAt: bench.manifest("count")) }
            try bench.remove("count")
            return calls.value
        }

        /// One run with faults, and what has to be true after it.
        private func check(
            _ bench: FaultBench,
            _ decide: @escaping @Sendable (FaultPlan.Call) -> FaultPlan.Reaction,
            _ comment: String,
            second opinion: Bool = false
        ) throws {
            let destination = try bench.makeDestination("destination")
            let made = Locked<[(call: FaultPlan.Call, fails: Bool)]>([])
            let plan = FaultPlan { call in
                let reaction = decide(call)
                made.change { $0.append((call, reaction != .proceed)) }
                return reaction
            }
            let result = plan.run {
                namedFailures(bench.source, destination, manifestAt: bench.manifest("destination"))
            }
            let faults = plan.faults.map(\.name)
            let full = "\(comment): \(faults.first ?? "") \(result.lines)"
            let tells = result.lines.contains { line in faults.contains { line.contains("(\($0))") } }
            if !tells {
                let differences = try bench.wanted.differences(from: TreeFacts(destination))
                #expect(
                    differences == [],
                    "\(comment): \(faults) has an effect, and is not named: \(result)"
                )
            }
            if result.ending == .broken { expectNoRemoval(after: made.value, full) }
            try bench.check(destination, result.ending, full, second: opinion)
            try bench.remove("destination")
        }

        /// A run that ends before it removed anything removes nothing on its way out, but what it hid itself.
        private func expectNoRemoval(after made: [(call: FaultPlan.Call, fails: Bool)], _ comment: String) {
            guard let fault = made.firstIndex(where: \.fails) else { return }
            let removed = made.indices.filter {
                made[$0].call.name == "unlinkat" && !MiddleState.isUnfinished(made[$0].call.subject)
                    && made[$0].call.subject != "destination.manifest-journal"
            }
            if let first = removed.first, first < fault { return }
            let late = removed.filter { $0 > fault }.map { made[$0].call }
            #expect(late == [], "\(comment)")
        }
    }
#endif
