#if DEBUG
    import LinuxSystem
    import SystemPackage
    import Testing

    @testable import Copying

    /// `old/x` is now `new/x` on the source, and cannot be moved on the destination.
    @Suite("What cannot be moved to its new place stays in its old one", Need.root, .serialized)
    final class RefusedMoveTests: ManifestFixture {
        /// A call that fails, of those with this name and subject.
        struct Refusal: CustomTestStringConvertible, Sendable {
            var testDescription: String
            var call: String
            var subject: FileName
            var occurrences: ClosedRange<Int>
            var isWhilePlanning = false

            func plan() -> FaultPlan {
                let count = Locked(0)
                let refusal = self
                return FaultPlan { call in
                    if call.name != refusal.call || call.subject != refusal.subject { return .proceed }
                    count.change { $0 += 1 }
                    return refusal.occurrences.contains(count.value) ? .fail(.permissionDenied) : .proceed
                }
            }
        }

        static let refusals = [
            Refusal(
                testDescription: "the new folder cannot be read while the plan is made",
                call: "openat2",
                subject: "new",
                occurrences: 1...1,
                isWhilePlanning: true
            ),
            // The first time it is opened on the destination.
            Refusal(
                testDescription: "the new folder cannot be read any more",
                call: "openat2",
                subject: "new",
                occurrences: 2...2
            ),
            Refusal(
                testDescription: "the new folder cannot be made",
                call: "mkdirat",
                subject: "new",
                occurrences: 1...1
            ),
            Refusal(
                testDescription: "it cannot be renamed",
                call: "renameat2",
                subject: "x",
                occurrences: 1...1
            ),
            Refusal(
                testDescription: "the old folder cannot be entered",
                call: "openat2",
                subject: "old",
                occurrences: 1...100
            ),
        ]

        /// What the source has in the old place.
        static let successors: [[Item]] = [
            [], [.folder("old")], [.folder("old", [.file("x", "another")])],
            [.folder("old", [.symbolicLink("x", to: "y")])],
            [.folder("old", [.folder("x", [.file("deep", "d")])])],
            [.folder("old", [.file("w", "two names"), .hardLink("x", to: "old", "w")])],
        ]

        @Test("a file, and the run is partial", arguments: refusals, successors)
        func file(refusal: Refusal, successor: [Item]) throws {
            try source.make([.folder("old", [.file("x", "the only copy")]), .file("other", "o")])
            try copy(source, to: destination, manifest: ManifestPart(of: manifest, trusting: .sealed))
            try manifest.seal()
            try source.make([.folder("new")])
            try source.open("old", .directory).move("x", to: source.open("new", .directory), as: "x")
            try source.removeDirectory("old")
            try source.unlink("other")
            try source.make(successor)
            try expectStays(refusal, at: "old/x")
        }

        @Test(
            "a folder, and the run is partial",
            arguments: refusals,
            [[], [.folder("old", [.folder("x", [.file("f", "another")])])]] as [[Item]]
        )
        func folder(refusal: Refusal, successor: [Item]) throws {
            try source.make([
                .folder("old", [.folder("x", [.file("f", "the only copy")])]), .file("other", "o"),
            ])
            try copy(source, to: destination, manifest: ManifestPart(of: manifest, trusting: .sealed))
            try manifest.seal()
            try source.make([.folder("new")])
            try source.open("old", .directory).move("x", to: source.open("new", .directory), as: "x")
            try source.removeDirectory("old")
            try source.unlink("other")
            try source.make(successor)
            try expectStays(refusal, at: "old/x/f")
        }

        private func expectStays(_ refusal: Refusal, at place: FileName) throws {
            let faults = refusal.plan()
            let part = try ManifestPart(of: manifest, trusting: .sealed)
            let planned = try (refusal.isWhilePlanning ? faults : FaultPlan { _ in .proceed }).run {
                try plan(source, destination, manifest: part)
            }
            let outcome = try (refusal.isWhilePlanning ? FaultPlan { _ in .proceed } : faults).run {
                try planned.apply(deletions: .perform, interruption: Interruption())
            }
            #expect(!faults.faults.isEmpty)
            #expect(outcome.isPartial)
            #expect(outcome.leavesDoubt)
            #expect(outcome.deleted == 0)
            let kept = try? destination.open(place, .read).readAll(limit: 100)
            // What has a successor is replaced by that as long as nobody knows that it was moved.
            let hasSuccessor =
                refusal.isWhilePlanning && (try? source.open("old", .directory).status(of: "x")) != nil
            #expect(
                kept == Array("the only copy".utf8) || hasSuccessor,
                "\(outcome.skipped.listed)"
            )
            // The next one compares.
            try copy(source, to: destination, manifest: ManifestPart(of: manifest, trusting: .compared))
            try expectEqual(source, destination)
            try manifest.seal()
            try expectManifestTrue(manifest, source, destination, hashes: .some)
        }
    }
#endif
