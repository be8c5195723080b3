import Copying
import Drives
import Indicators
import LinuxSystem
import Reporting
import SystemPackage

extension BackupRun {
    /// Everything between mounting and unmounting. It records what fails and always returns, so that closing
    /// follows.
    mutating func fill(_ mounted: borrowing MountedVolume, _ drive: DriveFile, _ configuration: Configuration)
    {
        enter(.checking)
        guard var marker = checkedMarker(on: mounted.root, drive) else { return }
        guard holdRoot(mounted.root) else { return }
        // The descriptor's end unlocks too, ignoring.
        defer { try? mounted.root.unlock() }
        let sources = chosenSources(drive, configuration)
        catalogue = openCatalogue(mounted, drive)
        enter(.locking)
        let isCopied = withLocks(on: sources[...], held: []) { run, held in
            run.copy(held, mounted, configuration)
        }
        guard isCopied, case .backup = mode else { return }
        enter(.syncing)
        context.notifier.allowSilence(for: .seconds(2 * 3600))
        do {
            try mounted.sync()
            publishCatalogue(on: mounted)
            marker.runCounter += 1
            record.runNumber = Int64(clamping: marker.runCounter)
            try marker.write(to: mounted.root)
            record.space?.after = ByteCount(try mounted.root.availableBytes())
            try History.open(in: context.layout.stateFolder, now: context.now()).raiseRunCounter(
                drive: drive.luksUUID,
                to: record.runNumber
            )
        } catch let error as DriveError {
            record.fail(Failure(error))
        } catch let error as ReportingError {
            warn(error.message)
        } catch {
            record.fail(writeFailure(error, mounted))
        }
    }

    private var markerHint: String {
        switch mode {
        case .backup:
            "it is a copy, or was formatted: prepare it again under another name, or use the original"
        // Nothing was repaired, and no journal read.
        case .preview:
            "a run may have been cut off: a backup checks and repairs the drive; preview the next one then"
        }
    }

    /// The marker, if it is this drive's. Without it nothing is written: the LUKS header may be a copy.
    private mutating func checkedMarker(on root: borrowing Descriptor, _ drive: DriveFile) -> Marker? {
        let marker: Marker
        do {
            marker = try Marker.read(from: root)
        } catch {
            record.fail(
                Failure(
                    .noDrive,
                    "the drive opens with the key of '\(name)', but \(error)",
                    hint: markerHint
                )
            )
            return nil
        }
        guard marker.driveID == drive.driveID, marker.luksUUID == drive.luksUUID.lowercased() else {
            record.fail(
                Failure(
                    .noDrive,
                    "the drive opens with the key of '\(name)', but its marker is another drive's",
                    hint: "use the drive that 'prepare-disk' made for this name"
                )
            )
            return nil
        }
        checkForRollback(of: marker, drive)
        return marker
    }

    /// An older state of the drive than this machine has seen: somebody put an image of it back.
    private mutating func checkForRollback(of marker: Marker, _ drive: DriveFile) {
        do {
            let history = try History.open(in: context.layout.stateFolder, now: context.now())
            if let warning = history.warning { warn(warning) }
            guard let known = try history.runCounter(drive: drive.luksUUID) else { return }
            if marker.runCounter < UInt64(clamping: known) {
                warn(
                    "the drive says that it had \(marker.runCounter) runs, but this machine made \(known): "
                        + "an older state of it was put back"
                )
            }
        } catch {
            warn(error.message)
        }
    }

    /// The drive's own lock, against another program that works on the mounted drive.
    private mutating func holdRoot(_ root: borrowing Descriptor) -> Bool {
        do {
            if try root.tryLock(.exclusive) { return true }
            record.fail(Failure(.locked, "another program holds the lock of drive '\(name)'"))
        } catch {
            record.fail(Failure(.failed, "the lock of drive '\(name)' cannot be taken: \(error)"))
        }
        return false
    }

    private mutating func chosenSources(
        _ drive: DriveFile,
        _ configuration: Configuration
    ) -> [SourceConfiguration] {
        guard let names = drive.sources else { return configuration.sources }
        for name in names where !configuration.sources.contains(where: { $0.name == name }) {
            record.fail(
                Failure(
                    .config,
                    "drive '\(self.name)' wants the source '\(name)', which is not configured",
                    hint: "correct 'sources' in \(context.layout.driveFile(of: self.name))"
                )
            )
        }
        return configuration.sources.filter { names.contains($0.name) }
    }

    /// Takes the locks of all sources, one inside the other, and calls `body` with those sources that could be
    /// locked or need no lock. A source that cannot be locked fails; the others go on.
    private mutating func withLocks(
        on sources: ArraySlice<SourceConfiguration>,
        held: [SourceConfiguration],
        _ body: (inout BackupRun, [SourceConfiguration]) -> Bool
    ) -> Bool {
        guard let source = sources.first else { return body(&self, held) }
        let rest = sources.dropFirst()
        guard let lock = source.lock else { return withLocks(on: rest, held: held + [source], body) }
        do {
            let notifier = context.notifier
            notifier.status("waiting for the lock of '\(source.name)'")
            let heldLock = try HeldSourceLock.take(
                lock,
                of: source,
                interruption: context.interruption,
                runFolder: context.layout.runFolder,
                onWait: { notifier.beat() }
            )
            let isCopied = withLocks(on: rest, held: held + [source], body)
            switch heldLock.release() {
            case .released: break
            case .complaint(let text): warn(text)
            case .lost(let text):
                let hint = "the copy may hold a mixture; plug the drive in again"
                record.fail(Failure(.locked, text, hint: hint))
            }
            return isCopied
        } catch {
            record.fail(error)
            record.sources.append(SourceResult(name: source.name, note: error.message))
            return withLocks(on: rest, held: held, body)
        }
    }

    /// Copies sources between their hooks. Their locks are held.
    ///
    /// - Returns: false when nothing was, or can be, completed on the drive.
    private mutating func copy(
        _ sources: [SourceConfiguration],
        _ mounted: borrowing MountedVolume,
        _ configuration: Configuration
    ) -> Bool {
        if case .preview(let show) = mode { tellOfHooks(configuration.hooks, sources, to: show) }
        var isCopied = false
        if let ready = beginSources(sources) { isCopied = planAndCopy(ready, mounted, configuration) }
        endSources(of: sources.count)
        return isCopied
    }

    /// Plans all sources, checks that they fit, then copies them.
    ///
    /// - Returns: false when nothing was, or can be, completed on the drive.
    private mutating func planAndCopy(
        _ sources: [SourceConfiguration],
        _ mounted: borrowing MountedVolume,
        _ configuration: Configuration
    ) -> Bool {
        enter(.scanning)
        let approvals = Approvals(folder: context.layout.approvalFolder)
        let approved = approvals.approved(for: name.text)
        var judging = Judging(
            limit: configuration.deletionLimit,
            approved: approved,
            replugged: replug.approved
        )
        do {
            var planned = try planAll(sources, mounted, judging)
            if case .preview(let show) = mode { return try tell(of: planned, mounted, to: show) }
            guard var order = deletionOrder(for: planned, on: mounted) else { return false }
            if !withdraw(approvals, usedFor: planned, judging) {
                judging.approved = [:]
                planned = planned.map { judging.judge($0.plan, of: $0.source) }
                guard let other = deletionOrder(for: planned, on: mounted) else { return false }
                order = other
            }
            enter(.copying)
            position = (number: 0, count: planned.count)
            if planned.contains(where: { $0.plan.hasWork }) { try openDriveManifest(mounted) }
            planned = Self.inOrder(planned, order)
            while let source = planned.first?.source {
                position.number += 1
                // The plan has the source open; it must be gone when the source's hook takes a snapshot away.
                try complete(planned.removeFirst(), order, mounted, judging)
                if endSource(source) { enter(.copying) }
            }
        } catch {
            record.fail(error)
            return false
        }
        return true
    }

    /// Plans all sources. When the catalogue fails, all of them once more without it.
    private mutating func planAll(
        _ sources: [SourceConfiguration],
        _ mounted: borrowing MountedVolume,
        _ judging: Judging
    ) throws(Failure) -> [PlannedSource] {
        let before = record
        while true {
            do throws(SourceTrouble) {
                var planned: [PlannedSource] = []
                for source in sources {
                    if let plan = try plan(source, mounted, judging) { planned.append(plan) }
                }
                return planned
            } catch {
                switch error {
                case .run(let failure): throw failure
                case .catalogue(let cause):
                    record = before
                    dropCatalogue(cause)
                }
            }
        }
    }

    /// Carries a plan out. When the catalogue fails, what is left of it is planned and copied without it.
    private mutating func complete(
        _ planned: PlannedSource,
        _ order: DeletionOrder,
        _ mounted: borrowing MountedVolume,
        _ judging: Judging
    ) throws(Failure) {
        do throws(SourceTrouble) {
            try apply(planned, order, mounted)
        } catch {
            switch error {
            case .run(let failure): throw failure
            case .catalogue(let cause):
                dropCatalogue(cause)
                for again in try planAll([planned.source], mounted, judging) {
                    try complete(again, order, mounted, judging)
                }
            }
        }
    }

    /// Where deletions must make room, sources that give room come first.
    private static func inOrder(_ planned: [PlannedSource], _ order: DeletionOrder) -> [PlannedSource] {
        switch order {
        case .last: planned
        case .first:
            planned.sorted {
                $0.plan.summary.spaceNeeded - $0.spaceFreed < $1.plan.summary.spaceNeeded - $1.spaceFreed
            }
        }
    }

    /// Takes back the approvals that this run uses, before it does: one that stayed after a cut would let as many
    /// deletions through once more. An approval is for one run of one source, whatever becomes of the others.
    ///
    /// - Returns: false when they stay, and must not be used.
    private mutating func withdraw(
        _ approvals: Approvals,
        usedFor planned: [PlannedSource],
        _ judging: Judging
    ) -> Bool {
        let used = planned.filter { $0.decision == .perform }.map(\.source.name)
            .filter { judging.approved[$0] != nil }
        if used.isEmpty { return true }
        do {
            try approvals.withdraw(used, for: name.text)
            return true
        } catch {
            warn("deletions stay held, for their approval cannot be withdrawn: \(error)")
            return false
        }
    }

    /// Everything must fit before the first write. Deletions come first only when space demands it.
    mutating func deletionOrder(
        for planned: [PlannedSource],
        on mounted: borrowing MountedVolume
    ) -> DeletionOrder? {
        let available: Int64
        do {
            available = try mounted.root.availableBytes()
        } catch {
            record.fail(writeFailure(error, mounted))
            return nil
        }
        let needed = planned.reduce(0) { $0 + $1.plan.summary.spaceNeeded }
        let freed = planned.reduce(0) { $0 + $1.spaceFreed }
        record.space = FreeSpace(before: ByteCount(available), needed: ByteCount(needed))
        if needed <= available { return .last }
        if needed <= available + freed { return .first }
        record.fail(
            Failure(
                .noSpace,
                "it does not fit: \(ByteCount(needed).exact) are needed, \(ByteCount(available).exact) are free",
                hint: "make room on the drive, exclude something, or prepare a larger drive"
            )
        )
        return nil
    }

    func writeFailure(_ error: any Error, _ mounted: borrowing MountedVolume) -> Failure {
        guard mounted.isPresent else {
            return Failure(DriveError(drive: name, reason: .gone(during: .sync)))
        }
        return Failure(
            .failed,
            "drive '\(name)' failed: \(error)",
            hint: "look at 'journalctl -k'; the drive, its cable or its power supply may be failing"
        )
    }
}
