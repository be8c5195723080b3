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
            arguments: Start.allCases
        )
        func everyCall(start: Start) throws {
            let bench = try FaultBench(start)
            let count = try calls(of: bench)
            let tries = setting("EXTBACKUP_FAULTS", otherwise: 1)
            for number in 1...count {
                for attempt in 0..<min(tries, Self.reasons.count) {
                    let reason = Self.reasons[(number + attempt) % Self.reasons.count]
                    let comment = "call \(number) of \(count): \(reason)"
                    try check(bench, FaultPlan(failing: number, with: reason), comment, number % 64 == 1)
                }
            }
        }

        @Test("though it was carried out, nothing is lost by it", arguments: Start.allCases)
        func lostAnswer(start: Start) throws {
            // Calls that open something would leave it open.
            let changing: Set<String> = [
                "linkat", "renameat", "renameat2", "unlinkat", "mkdirat", "mknodat", "symlinkat", "syncfs",
                "fsync",
                "pwrite", "ftruncate", "setxattr", "removexattr", "utimensat", "futimens", "fchown",
                "fchownat",
                "chmod", "fchmod",
            ]
            let bench = try FaultBench(start)
            let count = try calls(of: bench)
            for number in 1...count {
                let plan = FaultPlan {
                    $0.number == number && changing.contains($0.name) ? .failAfterwards(.ioError) : .proceed
                }
                try check(bench, plan, "call \(number) of \(count), carried out", false)
            }
        }

        @Test("and all after it, the run ends, and nothing is lost", arguments: Start.allCases)
        func everythingFails(start: Start) throws {
            let bench = try FaultBench(start)
            let count = try calls(of: bench)
            for number in stride(from: 1, through: count, by: 3) {
                let plan = FaultPlan { $0.number >= number ? .fail(.ioError) : .proceed }
                try check(bench, plan, "from call \(number) of \(count) on", false)
            }
        }

        /// How many calls a run without faults makes.
        private func calls(of bench: FaultBench) throws -> Int {
            let plan = FaultPlan { _ in .proceed }
            let destination = try bench.makeDestination("count")
            _ = try plan.run { try copy(bench.source, to: destination) }
            try bench.remove("count")
            return plan.count
        }

        private func check(
            _ bench: FaultBench,
            _ plan: FaultPlan,
            _ comment: String,
            _ wantsSecondOpinion: Bool
        ) throws {
            let destination = try bench.makeDestination("destination")
            let result = plan.run { namedFailures(bench.source, destination) }
            let named = result.lines
            let faults = plan.faults.map(\.name)
            let tells = named.contains { line in faults.contains { line.contains("(\($0))") } }
            if !tells {
                let differences = try bench.wanted.differences(from: TreeFacts(destination))
                KnownIssues.expectNone(
                    differences,
                    "\(comment): \(faults) has an effect, and is not named: \(named)"
                )
            }
            let full = "\(comment): \(faults.first ?? "") \(named)"
            try bench.check(destination, result.ending, full, second: wantsSecondOpinion)
            try bench.remove("destination")
        }
    }
#endif
