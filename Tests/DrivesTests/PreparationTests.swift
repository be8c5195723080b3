import Glibc
import LinuxSystem
import Synchronization
import SystemPackage
import Testing

@testable import Drives

/// A disk to prepare, a machine's folders, and what lies inside of the container.
private struct Bench: ~Copyable {
    static let size = 448 << 20
    let folder: TemporaryFolder
    let image: FileName
    let inside: FileName
    let loop: ScannedLoop
    let layout: HostLayout
    let operations: PreparationOperations

    /// - Parameters:
    ///   - insideSize: smaller than any file system, mkfs fails.
    init(insideSize: Int = Bench.size - (20 << 20), mapping: PreparationOperations.Mapping = .closes) throws {
        let folder = try TemporaryFolder()
        let image = try folder.makeImage("disk.img", byteCount: Self.size)
        let inside = try folder.makeImage("inside.img", byteCount: insideSize)
        try run("/usr/sbin/mkfs.ext4", "-q", "-L", "precious", image)
        let loop = try ScannedLoop(image)
        layout = machineLayout(in: folder.path)
        operations = PreparationOperations(inside: inside, mapping: mapping)
        self.image = image
        self.inside = inside
        self.folder = folder
        self.loop = loop
    }

    func plan(_ fileSystem: FileSystemKind = .ext4) throws -> PreparationPlan {
        PreparationPlan(
            name: try driveName("red"),
            disk: try DiskInspection.inspect(loop.path),
            policy: .anyDisk,
            fileSystem: fileSystem,
            preparedAtSeconds: 1_772_357_400,
            hostName: "nas",
            known: OwnDrives([])
        )
    }

    var preparation: DiskPreparation {
        DiskPreparation(layout: layout, operations: operations, machineMemoryBytes: 4 << 20)
    }

    /// Prepares the disk as soon as nobody has it: a program that another test just starts keeps what an earlier
    /// preparation had open, until it runs.
    func prepare(_ progress: (PreparationStep) -> Void) throws -> PreparedDrive {
        for _ in 0..<250 {
            if try !DiskInspection.inspect(loop.path).refusals.contains(.inUse) { break }
            Thread.sleep(for: .milliseconds(20))
        }
        let plan = try plan()
        return try withoutActuallyEscaping(progress) { progress in
            try preparation.prepare(plan, secrets: PreparationSecrets(passphrase: nil), progress: progress)
        }
    }

    /// Files of the machine that preparation made and left.
    func traces() throws -> String {
        let folders = [layout.configurationFolder, layout.stateFolder, layout.unitFolder, layout.runFolder]
            .filter { isThere($0) }
        if folders.isEmpty { return "" }
        let find = ChildProcess(["/usr/bin/find"] + folders + ["-not", "-type", "d"])
        return String(decoding: try find.run().output, as: UTF8.self)
    }

    func isMounted() throws -> Bool {
        try MountTable.current().entries.contains { $0.target.isWithin(folder.path) }
    }
}

@Suite("Preparing a disk", .needsLoopDevices, .serialized)
struct PreparationTests {
    @Test("makes a drive that opens, with marker and instructions inside", arguments: FileSystemKind.allCases)
    func whole(_ kind: FileSystemKind) throws {
        let bench = try Bench()
        let steps = Mutex<[PreparationStep]>([])
        let secrets = PreparationSecrets(passphrase: secret("open sesame"))
        let drive = try bench.preparation.prepare(bench.plan(kind), secrets: secrets) { step in
            steps.withLock { $0.append(step) }
        }
        #expect(steps.withLock { $0 } == PreparationStep.allCases)
        #expect(bench.operations.openMappings.isEmpty)
        #expect(try !bench.isMounted())

        let disk = try DiskInspection.inspect(bench.loop.path)
        #expect(disk.refusals(under: .anyDisk).isEmpty)
        #expect(disk.contents.isEmpty)
        let partition = try #require(disk.partitions.first)
        #expect(partition.contents.map(\.type) == ["crypto_LUKS"])
        #expect(partition.contents.first?.uuid == drive.luksUUID)
        let container = LUKSContainer(path: bench.loop.path.partitionPath(1))
        let key = try SecretBytes(readingFrom: Descriptor.open(drive.keyFile, .read))
        #expect(key.count == 64)
        #expect(try container.opens(slot: drive.keySlot, with: key))
        #expect(try container.opens(slot: try #require(drive.passphraseSlot), with: secret("open sesame")))

        let file = try Descriptor.open(drive.driveFile, .read).readAll(limit: 4096)
        let text = String(decoding: file, as: UTF8.self)
        #expect(text.contains("luks_uuid = \"\(drive.luksUUID)\""))
        #expect(text.contains("start = 1048576\nsize = "))
        #expect(text.contains("marker = \"\(drive.markerID)\""))
        #expect(isThere(drive.headerBackup) && isThere(drive.unitLink))
        try expectInside(bench, drive, kind)
    }

    private func expectInside(_ bench: borrowing Bench, _ drive: PreparedDrive, _ kind: FileSystemKind) throws
    {
        let inside = try SignatureProbe(Descriptor.open(bench.inside, .read)).contents()
        #expect(inside.map(\.type) == [kind.rawValue])
        #expect(inside.first?.label == "red")
        let place = bench.folder.path.appending("look")
        try run("/bin/mkdir", place)
        try run("/bin/mount", "-o", "loop,ro", bench.inside, place)
        defer { _ = try? run("/bin/umount", "-l", place) }
        let root = try Descriptor.open(place, .directory)
        let marker = try Marker.read(from: root)
        #expect(marker.luksUUID == drive.luksUUID.lowercased())
        #expect(marker.driveID == drive.markerID)
        #expect(marker.runCounter == 0)
        let folder = try root.open(".extbackup", .directory)
        #expect(try folder.nodeStatus().permissions == 0o700)
        let text = try folder.open("RESTORE.txt", .read).readAll(limit: 16384)
        #expect(String(decoding: text, as: UTF8.self).contains(drive.luksUUID))
    }

    @Test("that is stopped at any step leaves no trace on the machine, and a disk that can be taken again")
    func undo() throws {
        for step in PreparationStep.allCases {
            let bench = try Bench()
            let interruption = Interruption()
            let plan = try bench.plan()
            do {
                _ = try bench.preparation.prepare(
                    plan,
                    secrets: PreparationSecrets(passphrase: nil),
                    interruption: interruption
                ) { if $0 == step { interruption.request() } }
                Issue.record("\(step): it was interrupted")
            } catch {
                #expect(error.reason == .interrupted)
                // Closing is not left out; the stop is noticed in the step after it.
                #expect(error.step == (step == .close ? .settle : step))
                #expect(error.leftBehind.isEmpty)
            }
            #expect(try bench.traces() == "", "\(step)")
            #expect(bench.operations.openMappings.isEmpty, "\(step)")
            #expect(try !bench.isMounted(), "\(step)")
            let disk = try DiskInspection.inspect(bench.loop.path)
            #expect(disk.refusals(under: .anyDisk).isEmpty, "\(step)")
            let isUntouched = disk.contents.map(\.label) == ["precious"]
            #expect(isUntouched == (step.rawValue <= PreparationStep.wipe.rawValue), "\(step)")
        }
    }

    @Test("that is cut off at any step leaves no link, and what it leaves is taken back by the next attempt")
    func cutOff() throws {
        for step in PreparationStep.allCases {
            let bench = try Bench()
            let (layout, folder) = (bench.layout, bench.folder.path)
            var moment: Moment?
            _ = try bench.prepare {
                // A moment that could not be kept is required below, ignoring.
                if $0 == step { moment = try? Moment(of: layout, in: folder) }
            }
            try #require(moment, "\(step)").comeBack()
            #expect(try !bench.traces().contains(".service"), "\(step)")
            let name = try driveName("red")
            let unfinished = try UnfinishedDrive.find(name, in: layout, operations: bench.operations)
            switch consume unfinished {
            case .none: #expect(step == .check || step == .writeKey, "\(step)")
            case .some(let unfinished): _ = try unfinished.takeBack(from: nil)
            }
            if step == .enable {
                #expect(isThere(layout.driveFile(of: name)), "all is there but the link")
            } else {
                #expect(try bench.traces() == "", "\(step)")
                _ = try bench.prepare { _ in }
            }
        }
    }

    @Test("after a failed attempt goes well")
    func again() throws {
        let bench = try Bench()
        let interruption = Interruption()
        let secrets = PreparationSecrets(passphrase: nil)
        let first = try bench.plan()
        #expect(throws: PreparationError.self) {
            try bench.preparation.prepare(first, secrets: secrets, interruption: interruption) {
                if $0 == .makeFileSystem { interruption.request() }
            }
        }
        let second = try bench.plan()
        let drive = try bench.preparation.prepare(second, secrets: secrets) { _ in }
        #expect(drive.passphraseSlot == nil)
    }

    @Test("whose file system cannot be made says why, and takes all back", arguments: FileSystemKind.allCases)
    func noFileSystem(_ kind: FileSystemKind) throws {
        let bench = try Bench(insideSize: 64 << 10)
        let plan = try bench.plan(kind)
        do {
            _ = try bench.preparation.prepare(plan, secrets: PreparationSecrets(passphrase: nil)) { _ in }
            Issue.record("there is no room for a file system")
        } catch {
            guard case .fileSystem(let program, let message) = error.reason else { throw error }
            #expect(program == FileName("/usr/sbin/mkfs.\(kind.rawValue)"))
            #expect(!message.isEmpty)
            #expect(error.step == .makeFileSystem)
            #expect(error.leftBehind.isEmpty)
        }
        #expect(try bench.traces() == "")
        #expect(bench.operations.openMappings.isEmpty)
    }

    @Test("that cannot be closed is no drive, and what is open is named")
    func stuck() throws {
        let bench = try Bench(mapping: .staysBusy)
        let plan = try bench.plan()
        do {
            _ = try bench.preparation.prepare(plan, secrets: PreparationSecrets(passphrase: nil)) { _ in }
            Issue.record("the mapping is open")
        } catch {
            #expect(error.step == .close)
            #expect(error.leftBehind.contains { $0.contains("mapping 'extbackup-red-") })
        }
        let record = bench.layout.stateFolder.appending("preparing/red")
        #expect(
            try bench.traces() == String(decoding: record.bytes, as: UTF8.self) + "\n",
            "the next attempt closes what is open"
        )
        bench.operations.release()
    }

    @Test("refuses a name whose key exists, and does not touch key or disk")
    func nameTaken() throws {
        let bench = try Bench()
        let name = try driveName("red")
        for file in [KeyFile(of: name, in: bench.layout), KeyFile(replacing: name, in: bench.layout)] {
            try file.write(secret("only key"))
            try expectRefusal(bench, .nameTaken(file.path))
            #expect(try Descriptor.open(file.path, .read).readAll(limit: 100) == Array("only key".utf8))
            try file.remove()
        }
    }

    @Test("refuses another disk than the one that was confirmed")
    func changed() throws {
        let bench = try Bench()
        var plan = try bench.plan()
        plan.disk.serial = "of another disk"
        try expectRefusal(bench, .diskChanged, plan)
        plan = try bench.plan()
        plan.disk.diskSequence = 1
        try expectRefusal(bench, .diskChanged, plan)
    }

    @Test("refuses the disk that was confirmed when something else is on it by now")
    func otherContents() throws {
        let bench = try Bench()
        let plan = try bench.plan()
        try run("/usr/sbin/mkfs.ext4", "-q", "-F", "-L", "precious", bench.loop.path)
        try expectRefusal(bench, .diskChanged, plan)
        var emptied = try bench.plan()
        emptied.disk.partitionTable = "gpt"
        try expectRefusal(bench, .diskChanged, emptied)
        var partitioned = try bench.plan()
        partitioned.disk.partitions = [
            PartitionDescription(number: 1, startBytes: 1 << 20, sizeBytes: 1 << 20, contents: [])
        ]
        try expectRefusal(bench, .diskChanged, partitioned)
    }

    @Test("refuses a disk that is a drive of this machine, though nobody saw that when it was shown")
    func ownDrive() throws {
        let bench = try Bench()
        let drive = try bench.prepare { _ in }
        var plan = try bench.plan()
        let identity = DriveIdentity(
            name: drive.name,
            luksUUID: drive.luksUUID,
            serial: nil,
            keySlot: 0,
            fileSystem: .ext4
        )
        plan.name = try driveName("blue")
        plan.known = OwnDrives([identity])
        guard case .refused(let refusals)? = try reason(bench, plan) else {
            Issue.record("it must be refused")
            return
        }
        #expect(refusals.contains(.drive(drive.name)))
        let key = try SecretBytes(readingFrom: Descriptor.open(drive.keyFile, .read))
        #expect(try LUKSContainer(path: bench.loop.path.partitionPath(1)).opens(slot: 0, with: key))
    }

    @Test("that waited for the disk while another command made a drive of it leaves that drive alone")
    func waiting() throws {
        let bench = try Bench()
        var plan = try bench.plan()
        plan.name = try driveName("blue")
        let (other, preparation) = (plan, bench.preparation)
        let found = Mutex<PreparationError.Reason?>(nil)
        let isDone = Flag()
        let drive = try bench.prepare { step in
            if step != .close { return }
            Thread.start(named: "waiting", atEnd: { isDone.set() }) {
                do throws(PreparationError) {
                    _ = try preparation.prepare(other, secrets: PreparationSecrets(passphrase: nil)) { _ in }
                } catch {
                    found.withLock { $0 = error.reason }
                }
            }
        }
        while !isDone.isSet { Thread.sleep(for: .milliseconds(5)) }
        #expect(found.withLock { $0 } == .diskChanged)
        let key = try SecretBytes(readingFrom: Descriptor.open(drive.keyFile, .read))
        #expect(try LUKSContainer(path: bench.loop.path.partitionPath(1)).opens(slot: 0, with: key))
        #expect(!isThere(bench.layout.keyFile(of: other.name)))
    }

    private func reason(
        _ bench: borrowing Bench,
        _ plan: PreparationPlan
    ) throws -> PreparationError.Reason? {
        do {
            _ = try bench.preparation.prepare(plan, secrets: PreparationSecrets(passphrase: nil)) { _ in }
            return nil
        } catch {
            return error.reason
        }
    }

    @Test("refuses a disk that was mounted since, and one that is built in unless any disk may be used")
    func refused() throws {
        let bench = try Bench()
        var plan = try bench.plan()
        let place = bench.folder.path.appending("place")
        try run("/bin/mkdir", place)
        try run("/bin/mount", bench.loop.path, place)
        try expectRefusal(bench, .refused([.mounted(device: bench.loop.path, at: place)]), plan)
        try run("/bin/umount", place)
        plan.policy = .onlyRemovable
        try expectRefusal(bench, .refused([.notRemovable(bus: .loop)]), plan)
    }

    @Test("keeps udev away until the drive is closed")
    func locked() throws {
        let bench = try Bench()
        let path = bench.loop.path
        let seen = Mutex<[PreparationStep: Bool]>([:])
        let plan = try bench.plan()
        _ = try bench.preparation.prepare(plan, secrets: PreparationSecrets(passphrase: nil)) { step in
            // What udev would ask before it looks at a disk; a failure shows as a missing step, ignoring.
            guard let disk = try? Descriptor.open(path, .read), let isFree = try? disk.tryLock(.shared) else {
                return
            }
            seen.withLock { $0[step] = isFree }
        }
        let free: Set<PreparationStep> = [.check, .settle, .writeDriveFile, .enable]
        for step in PreparationStep.allCases { #expect(seen.withLock { $0[step] } == free.contains(step)) }
    }

    private func expectRefusal(
        _ bench: borrowing Bench,
        _ reason: PreparationError.Reason,
        _ plan: PreparationPlan? = nil
    ) throws {
        let plan = try plan ?? bench.plan()
        do {
            _ = try bench.preparation.prepare(plan, secrets: PreparationSecrets(passphrase: nil)) { _ in }
            Issue.record("it must be refused")
        } catch {
            #expect(error.reason == reason)
            #expect(error.step == .check)
        }
        let disk = try Descriptor.open(bench.image, .read)
        #expect(try SignatureProbe(disk).contents().map(\.label) == ["precious"])
    }
}
