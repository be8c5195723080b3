#if DEBUG
    import Copying
    import Fuzzing
    import LinuxSystem
    import SystemPackage
    import Testing

    @Suite("When the power fails", Need.images, .serialized)
    struct PowerCutTests {
        /// A drive on a file system that shares blocks, so that its state of one moment is kept in no time.
        private final class Drive: Sendable {
            let store: Image
            let image: Image

            init(_ kind: String) throws {
                store = try Image("xfs", megabytes: 2048, in: "/dev/shm")
                image = try Image(kind, megabytes: kind == "xfs" ? 320 : 192, in: store.path)
            }

            /// What is on the device at this moment; what only the kernel's memory holds is lost.
            func cut() throws -> Image {
                try Image(copyOf: image, in: store.path, mounted: .later)
            }
        }

        /// What the power cuts of one run left.
        private final class Cuts: Sendable {
            private let cuts = Locked<[(moment: String, image: Image)]>([])

            func append(_ moment: String, _ image: Image) {
                cuts.change { $0.append((moment, image)) }
            }

            var all: [(moment: String, image: Image)] { cuts.value }
        }

        @Test(
            "every file is old or new, whole, and the next run converges",
            arguments: ["ext4", "xfs", "btrfs"],
            Start.allCases
        )
        func everyFile(kind: String, start: Start) throws {
            try cutPower(kind, start, .nothing)
        }

        @Test(
            "no old version that is to be kept is lost before its new one is whole",
            arguments: ["ext4", "xfs", "btrfs"]
        )
        func keepingVersions(kind: String) throws {
            try cutPower(kind, .older, .earlierVersions)
        }

        private func cutPower(_ kind: String, _ start: Start, _ keeping: Keeping) throws {
            let seed = UInt64.random(in: 0...9999)
            var dice = Dice(seed: seed)
            let home = try TemporaryFolder(in: "/dev/shm")
            let source = try home.makeFolder("source")
            let drive = try Drive(kind)
            let destination = try makeStates(start, source, drive)
            let states = MiddleState(old: try TreeFacts(destination), new: try TreeFacts(source))
            var earlier: FileName?
            var countedEarlier: FileName?
            switch keeping {
            case .nothing: break
            case .earlierVersions:
                _ = try home.makeFolder("earlier")
                countedEarlier = FileName(home.path + "/earlier")
                earlier = FileName(drive.image.path + "/earlier")
            }
            let calls = try calls(source, home, from: destination, keepingIn: countedEarlier)
            // Half of them where names change.
            let naming = calls.filter { Self.naming.contains($0.name) }
            let picked = (1...setting("EXTBACKUP_CUTS", otherwise: 16)).map {
                dice.pick($0 % 2 == 0 ? naming : calls).number
            }
            let cuts = Cuts()
            let comment = "seed \(seed), \(kind), "
            try run(source, destination, drive, Set(picked), cuts, comment, keepingIn: earlier)
            _ = consume destination
            try drive.image.unmount()
            for (moment, image) in cuts.all {
                try image.mount(kind == "xfs" ? "loop,nouuid" : "loop")
                let kept = earlier.map { _ in FileName(image.path + "/earlier") }
                try check(source, image.root().open("mirror", .directory), states, kept, moment)
                try image.unmount()
            }
        }

        @Test("a file that is changed in place is old, new, or bears the mark of one that is torn")
        func inPlace() throws {
            let seed = UInt64.random(in: 0...9999)
            var dice = Dice(seed: seed)
            let home = try TemporaryFolder(in: "/dev/shm")
            let source = try home.makeFolder("source")
            let drive = try Drive("ext4")
            let root = try drive.image.root()
            try root.make([.folder("mirror"), .file("other", "of somebody else")])
            let mirror = try root.open("mirror", .directory)
            _ = consume root
            try source.make([.file("large", pieces: [.bytes(Self.large(1))]).time(1_600_000_000, 1)])
            try copy(source, to: mirror)
            try mirror.syncFileSystem()
            let old = try TreeFacts(mirror)
            let large = try source.open("large", .write)
            try large.write(Self.large(2), at: 0)
            try large.setModified(FileTime(seconds: 1_600_000_000, nanoseconds: 2))
            let states = (old: old, new: try TreeFacts(source))
            let calls = try calls(source, home, from: mirror, .inPlace).map(\.number)
            let moments = Set((1...setting("EXTBACKUP_CUTS", otherwise: 12)).map { _ in dice.pick(calls) })
            let cuts = Cuts()
            try run(source, mirror, drive, moments, cuts, "seed \(seed), in place, ", .inPlace)
            _ = consume mirror
            try drive.image.unmount()
            for (moment, image) in cuts.all {
                try image.mount()
                try checkTorn(source, image.root().open("mirror", .directory), states, moment)
                try image.unmount()
            }
        }

        /// 2 MiB, of which every second block of 64 KiB is the same for all states.
        private static func large(_ state: Int) -> [UInt8] {
            (0..<32).flatMap { block in
                [UInt8](repeating: UInt8(block % 2 == 0 ? block + 1 : block + 1 + state * 64), count: 1 << 16)
            }
        }

        private func checkTorn(
            _ source: borrowing Descriptor,
            _ mirror: borrowing Descriptor,
            _ states: (old: TreeFacts, new: TreeFacts),
            _ moment: String
        ) throws {
            let left = try TreeFacts(mirror).contents["large"]
            // An attribute tells it, whatever the time.
            let isTorn = try AttributePlace("large", in: mirror).value("user.extbackup.torn") != nil
            switch try mirror.status(of: "large").modified {
            case FileTime(seconds: 1_600_000_000, nanoseconds: 1):
                #expect(left == states.old.contents["large"], "\(moment)")
            case FileTime(seconds: 1_600_000_000, nanoseconds: 2):
                #expect(left == states.new.contents["large"], "\(moment)")
            default: #expect(isTorn || left == states.new.contents["large"], "\(moment)")
            }
            try copy(source, to: mirror, update: .inPlace)
            #expect(try states.new.differences(from: TreeFacts(mirror)) == [], "\(moment)")
        }

        /// Makes the source and the older mirror, which is on the device before anything else happens.
        private func makeStates(_ start: Start, _ source: borrowing Descriptor, _ drive: Drive) throws
            -> Descriptor
        {
            let root = try drive.image.root()
            try root.make([.folder("mirror"), .folder("earlier"), .file("other", "of somebody else")])
            let destination = try root.open("mirror", .directory)
            try TwoStates.make(in: source)
            try source.make([.folder("many", (0..<120).map { Self.file($0, 1) })])
            if start == .older {
                try copy(source, to: destination)
                try TwoStates.change(source)
                let many = try source.open("many", .directory)
                for number in 0..<120 where number % 3 == 0 {
                    try many.unlink(FileName("\(number)"))
                    if number % 2 == 0 { try many.make([Self.file(number, 2)]) }
                }
            }
            try destination.syncFileSystem()
            return destination
        }

        /// The same name and size in both states, and other contents.
        private static func file(_ number: Int, _ state: UInt8) -> Item {
            let bytes = [UInt8](
                repeating: UInt8(truncatingIfNeeded: number) ^ (state << 7),
                count: 1 + number * 600
            )
            return .file(FileName("\(number)"), pieces: [.bytes(bytes)]).time(1_600_000_000, UInt32(state))
        }

        private static let naming: Set<String> = [
            "linkat", "renameat", "renameat2", "unlinkat", "mkdirat", "utimensat",
        ]

        /// The system calls of a run.
        private func calls(
            _ source: borrowing Descriptor,
            _ home: TemporaryFolder,
            from mirror: borrowing Descriptor,
            _ update: CopyRequest.Update = .atomic,
            keepingIn earlier: FileName? = nil
        ) throws -> [FaultPlan.Call] {
            let other = try home.makeFolder("count")
            try copy(mirror, to: other)
            let calls = Locked<[FaultPlan.Call]>([])
            let plan = FaultPlan { call in
                calls.change { $0.append(call) }
                return .proceed
            }
            _ = plan.run { namedFailures(source, other, update: update, keepingIn: earlier) }
            return calls.value
        }

        /// Runs, and cuts the power at these calls and after the end.
        private func run(
            _ source: borrowing Descriptor,
            _ destination: borrowing Descriptor,
            _ drive: Drive,
            _ moments: Set<Int>,
            _ cuts: Cuts,
            _ comment: String,
            _ update: CopyRequest.Update = .atomic,
            keepingIn earlier: FileName? = nil
        ) throws {
            let plan = FaultPlan { call in
                if moments.contains(call.number) {
                    do {
                        // Somebody else's sync: what the journal holds goes to the device before the data do.
                        let other = try drive.image.root().open("other", [.write, .append])
                        try other.writeAll([1])
                        try other.sync()
                        cuts.append(comment + "before call \(call.number) (\(call.name))", try drive.cut())
                    } catch {
                        Issue.record(error)
                    }
                }
                return .proceed
            }
            let result = plan.run {
                namedFailures(source, destination, update: update, keepingIn: earlier)
            }
            #expect(result.lines == [], "\(comment)")
            cuts.append(comment + "at the end", try drive.cut())
            let facts = try TreeFacts(source).differences(from: TreeFacts(destination))
            #expect(facts == [], "\(comment)")
            Thread.sleep(for: .milliseconds(500))
            cuts.append(comment + "after the end", try drive.cut())
        }

        private func check(
            _ source: borrowing Descriptor,
            _ mirror: borrowing Descriptor,
            _ states: MiddleState,
            _ earlier: FileName?,
            _ moment: String
        ) throws {
            let left = try TreeFacts(mirror)
            let kept = try earlier.map { try TreeFacts(Descriptor.open($0, .directory)) }
            #expect(states.problems(in: left, kept: kept) == [], "\(moment)")
            #expect(states.lostMoves(in: left, kept: kept) == [], "\(moment)")
            try copy(source, to: mirror, keepingIn: earlier)
            let wanted = try TreeFacts(source)
            #expect(try wanted.differences(from: TreeFacts(mirror)) == [], "\(moment)")
            guard let earlier else { return }
            let keptAfter = try TreeFacts(Descriptor.open(earlier, .directory))
            #expect(states.lostVersions(in: wanted, kept: keptAfter) == [], "\(moment)")
            #expect(keptAfter.contents.keys.filter(MiddleState.isUnfinished) == [], "\(moment)")
        }
    }
#endif
