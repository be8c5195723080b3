#if DEBUG
    import Fuzzing
    import LinuxSystem
    import Testing

    @Suite("When the process is killed", Need.root, .serialized)
    struct KillTests {
        @Test(
            "before any of its system calls, the next run converges",
            arguments: Start.allCases,
            Memory.allCases
        )
        func beforeEveryCall(start: Start, memory: Memory) throws {
            try killBeforeCalls(of: FaultBench(start, memory))
        }

        private func killBeforeCalls(of bench: FaultBench) throws {
            let count = try measure(bench).calls
            for number in everyFew(count) {
                let comment = "killed before call \(number) of \(count)"
                let destination = try bench.makeDestination("destination")
                let outcome = try probe(bench, "\(number)").run()
                // Runs differ by a call or two: attributes are set in the order of a hash table.
                let isOver = Int(outcome.lastLine).map { $0 < number } ?? false
                #expect(outcome.ending == .signaled(9) || isOver, "\(comment)")
                try bench.check(destination, .broken, comment, second: number % 64 < 4)
                try bench.remove("destination")
            }
        }

        @Test(
            "that keeps earlier versions, before any of its calls, none is lost",
            arguments: Memory.allCases
        )
        func keepingVersions(memory: Memory) throws {
            try killBeforeCalls(of: FaultBench(.older, memory, .earlierVersions))
        }

        @Test("at any moment, the next run converges", arguments: Start.allCases, Memory.allCases)
        func atAnyMoment(start: Start, memory: Memory) throws {
            let bench = try FaultBench(start, memory)
            let seed = UInt64.random(in: 0...9999)
            var dice = Dice(seed: seed)
            let duration = try measure(bench).duration
            for round in 1...setting("EXTBACKUP_KILLS", otherwise: 40) {
                let share = dice.number(0...1000)
                let comment = "seed \(seed), round \(round), killed after \(share)/1000 of \(duration)"
                let destination = try bench.makeDestination("destination")
                var process = try probe(bench)
                process.timeout = duration * share / 1000
                _ = try process.run()
                try bench.check(destination, .broken, comment, second: round % 16 == 1)
                try bench.remove("destination")
            }
        }

        private func probe(_ bench: FaultBench, _ words: String...) throws -> ChildProcess {
            let places = [bench.home.path + "/source", bench.home.path + "/destination"].map { FileName($0) }
            let manifest = bench.manifest("destination") ?? "-"
            let earlier = bench.earlier("destination") ?? "-"
            return ChildProcess(
                [try BuiltProgram.path("copy-probe")] + places + [manifest, earlier]
                    + words.map { FileName($0) }
            )
        }

        /// What a run makes that nobody kills.
        private func measure(_ bench: FaultBench) throws -> (calls: Int, duration: Duration) {
            let clock = ContinuousClock()
            _ = try bench.makeDestination("destination")
            let start = clock.now
            let outcome = try probe(bench).run()
            let duration = clock.now - start
            try bench.remove("destination")
            return (try #require(Int(outcome.lastLine)), duration)
        }
    }
#endif
