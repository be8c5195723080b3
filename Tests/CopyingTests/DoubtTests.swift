#if DEBUG
    import LinuxSystem
    import SystemPackage
    import Testing

    @testable import Copying

    /// When a manifest that was compared must not be believed: something of the destination was not looked at.
    @Suite("After a copy that compared, the manifest is doubted", Need.root, .serialized)
    final class DoubtTests: ManifestFixture {
        override init() throws {
            try super.init()
            try source.make([.folder("sub", [.file("f", "text")]), .file("g", "more")])
            try copy(source, to: destination, manifest: part(.compared))
            try manifest.seal()
        }

        private func part(_ trust: ManifestPart.Trust) throws -> ManifestPart {
            try ManifestPart(of: manifest, trusting: trust)
        }

        /// A plan that was made while the source's folder vanished.
        private func planWithoutFolder(_ trust: ManifestPart.Trust) throws -> CopyPlan {
            let part = try part(trust)
            let opened = Locked(0)
            let faults = FaultPlan { call in
                if call.name != "openat2" || call.subject != "sub" { return .proceed }
                opened.change { $0 += 1 }
                return opened.value == 1 ? .fail(.noSuchFileOrDirectory) : .proceed
            }
            return try faults.run { try plan(source, destination, manifest: part) }
        }

        @Test(
            "when a folder vanished before it was entered",
            arguments: [(ManifestPart.Trust.compared, true), (.sealed, false)]
        )
        func vanishedFolder(trust: ManifestPart.Trust, doubt: Bool) throws {
            let plan = try planWithoutFolder(trust)
            #expect(plan.vanished.count == 1)
            let outcome = try plan.apply(deletions: .perform, interruption: Interruption())
            #expect(outcome.leavesDoubt == doubt)
            #expect(!outcome.isPartial)
        }

        @Test(
            "when a folder vanished after it was planned",
            arguments: [ManifestPart.Trust.compared, .sealed]
        )
        func vanishedNewFolder(trust: ManifestPart.Trust) throws {
            try source.make([.folder("new")])
            let plan = try plan(source, destination, manifest: part(trust))
            try source.removeDirectory("new")
            #expect(try plan.apply(deletions: .perform, interruption: Interruption()).leavesDoubt)
        }

        @Test(
            "when a file vanished that the destination has otherwise",
            arguments: [(ManifestPart.Trust.compared, true), (.sealed, false)]
        )
        func vanishedFile(trust: ManifestPart.Trust, doubt: Bool) throws {
            try source.setModified(of: "g", FileTime(seconds: 5, nanoseconds: 5))
            let plan = try plan(source, destination, manifest: part(trust))
            try source.unlink("g")
            #expect(try plan.apply(deletions: .perform, interruption: Interruption()).leavesDoubt == doubt)
        }

        @Test("but not when a new file vanished")
        func vanishedNewFile() throws {
            try source.make([.file("new", "n")])
            let plan = try plan(source, destination, manifest: part(.compared))
            try source.unlink("new")
            let outcome = try plan.apply(deletions: .perform, interruption: Interruption())
            #expect(outcome.vanished.count == 1)
            #expect(!outcome.leavesDoubt)
        }

        @Test(
            "when what is behind a mount point was not compared",
            arguments: [("sub", true), ("empty", false)]
        )
        func mountPoint(name: FileName, doubt: Bool) throws {
            try source.make([.folder("empty")])
            try copy(source, to: destination, manifest: part(.compared))
            let folder = FileName(home.path + "/source").appending(name)
            try run(["/bin/mount", "-t", "tmpfs", "none", folder])
            defer { _ = try? run(["/bin/umount", folder]) }
            let outcome = try copy(source, to: destination, manifest: part(.compared)).outcome
            #expect(outcome.leavesDoubt == doubt)
        }

        @Test(
            "when it knows of something excluded, which may have changed",
            arguments: [("sub", "x", true), ("g", "x", false), ("g", "g", true)]
        )
        func excluded(pattern: FileName, changed: FileName, doubt: Bool) throws {
            try destination.make([.file("x", "x")])
            try destination.setModified(of: changed, FileTime(seconds: 5, nanoseconds: 5))
            let outcome = try copy(
                source,
                to: destination,
                excluding: [pattern],
                manifest: part(.compared)
            ).outcome
            #expect(outcome.leavesDoubt == doubt)
        }
    }
#endif
