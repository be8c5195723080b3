import LinuxSystem
import Synchronization
import SystemPackage
import Testing

@testable import Drives

/// A drive that somebody else encrypted: a container on a loop device, with one passphrase, and ext4 with a file inside.
private struct Bench: ~Copyable {
    let disk: PartitionedLoop
    let inside: FileName
    let luksUUID: String
    let operations: PreparationOperations

    init(_ options: [FileName] = [], inside kind: FileName = "/usr/sbin/mkfs.ext4") throws {
        let disk = try PartitionedLoop()
        let inside = try disk.folder.makeImage("inside.img", byteCount: 320 << 20)
        let formatting = try ChildProcess([kind, "-q"] + options + [inside]).run()
        try #require(formatting.isSuccess, "\(kind): \(formatting.lastLine)")
        let cost = PassphraseCost(machineMemoryBytes: 0)
        let uuid = try disk.container.format(
            label: "old",
            key: secret("open sesame"),
            passphrase: nil,
            cost: cost
        )
        try disk.container.setNames(LUKSContainer.Names(label: "old", subsystem: "udisks"))
        let operations = PreparationOperations(inside: inside, mapping: .closes)
        operations.announce(try Self.device(disk.container.path, disk.loop.path, uuid))
        self.disk = disk
        self.inside = inside
        luksUUID = uuid
        self.operations = operations
    }

    var container: LUKSContainer { disk.container }
    var layout: HostLayout { disk.layout }

    private static func device(_ node: FileName, _ disk: FileName, _ uuid: String) throws -> BlockDevice {
        let number = try #require(try Descriptor.open(node, .read).blockDeviceNumber())
        return BlockDevice(
            node: node,
            number: number,
            diskNode: disk,
            partition: 1,
            diskSequence: try Descriptor.open(disk, .read).diskSequence(),
            serial: "WX12",
            size: 1 << 28,
            bus: .other,
            luksUUID: uuid.lowercased(),
            sysfsPath: try BlockTopology().device(number).folder
        )
    }

    func adopt(
        _ passphrase: String = "open sesame",
        known: [DriveIdentity] = [],
        interruption: Interruption = Interruption(),
        progress: @escaping (DriveAdoption.Step) -> Void = { _ in }
    ) throws -> PreparedDrive {
        try DriveAdoption(layout: layout, operations: operations).adopt(
            AdoptionPlan(
                name: driveName("red"),
                device: container.path,
                preparedAtSeconds: 1_772_357_400,
                hostName: "nas",
                known: OwnDrives(known)
            ),
            passphrase: secret(passphrase),
            interruption: interruption,
            progress: progress
        )
    }

    /// Files of the machine that adoption made and left.
    func traces() throws -> String {
        let folders = [layout.configurationFolder, layout.stateFolder, layout.unitFolder].filter(isThere)
        if folders.isEmpty { return "" }
        let find = ChildProcess(["/usr/bin/find"] + folders + ["-not", "-type", "d"])
        return String(decoding: try find.run().output, as: UTF8.self)
    }

    /// Mounts what is inside, and gives the names at its top.
    func names() throws -> [FileName] {
        let place = disk.folder.path.appending("look")
        try run("/bin/mkdir", "-p", place)
        try run("/bin/mount", "-o", "loop,ro", inside, place)
        defer { _ = try? run("/bin/umount", "-l", place) }
        return try Descriptor.open(place, .directory).entryNames().sorted()
    }
}

@Suite("Taking in a drive", .needsLoopDevices, .serialized)
struct DriveAdoptionTests {
    private func reason(_ body: () throws -> Void) -> PreparationError.Reason? {
        do {
            try body()
            return nil
        } catch {
            return (error as? PreparationError)?.reason
        }
    }

    @Test("gives it a key, a marker and all that the machine keeps of a drive, and leaves what is on it")
    func whole() throws {
        let bench = try Bench(["-L", "family"])
        let drive = try bench.adopt()
        #expect(drive.keySlot == 1)
        #expect(drive.passphraseSlot == 0)
        #expect(try bench.container.passphraseSlots().map(\.number) == [0])
        let key = try SecretBytes(readingFrom: Descriptor.open(drive.keyFile, .read))
        #expect(try bench.container.opens(slot: 1, with: key))
        #expect(try bench.container.opens(slot: 0, with: secret("open sesame")))
        #expect(try bench.names() == [".extbackup", "lost+found"])
        let text = String(
            decoding: try Descriptor.open(drive.driveFile, .read).readAll(limit: 4096),
            as: UTF8.self
        )
        #expect(text.contains("key_slot = 1\n") && text.contains("serial = \"WX12\"\n"))
        #expect(text.contains("start = 1048576\nkey_slot"), "and no size: its table is not ours")
        #expect(drive.label == "family")
        let names = try bench.container.names()
        #expect(names == LUKSContainer.Names(label: "red", subsystem: "extbackup"))
        let records = DriveRecords(
            of: try driveName("red"),
            luksUUID: drive.luksUUID,
            keySlot: 1,
            in: bench.layout
        )
        try records.checkHeaderBackup()
        try records.checkUnitLink()
        #expect(isThere(drive.recoverySheet))
        #expect(bench.operations.openMappings.isEmpty)
    }

    @Test("keeps the identity that another machine gave it")
    func again() throws {
        let bench = try Bench()
        let first = try bench.adopt()
        try run("/bin/rm", "-r", bench.layout.configurationFolder, bench.layout.unitFolder)
        let second = try bench.adopt()
        #expect(second.markerID == first.markerID)
        #expect(second.keySlot == 2)
    }

    @Test("needs its passphrase, and changes nothing without")
    func wrongPassphrase() throws {
        let bench = try Bench()
        #expect(reason { _ = try bench.adopt("open barley") } == .passphraseDoesNotOpen)
        #expect(try bench.traces() == "")
        #expect(try !bench.container.isUsed(slot: 1))
    }

    @Test("with another file system inside is refused, and all is taken back")
    func foreign() throws {
        let bench = try Bench(inside: "/usr/sbin/mkswap")
        guard case .foreignFileSystem? = reason({ _ = try bench.adopt() }) else {
            Issue.record("it must be refused")
            return
        }
        #expect(try bench.traces() == "")
        #expect(try !bench.container.isUsed(slot: 1))
        #expect(try bench.container.names() == LUKSContainer.Names(label: "old", subsystem: "udisks"))
        #expect(bench.operations.openMappings.isEmpty)
    }

    @Test("that this machine has already is refused, with its name")
    func known() throws {
        let bench = try Bench()
        let blue = try driveName("blue")
        let known = DriveIdentity(
            name: blue,
            luksUUID: bench.luksUUID,
            serial: nil,
            keySlot: 0,
            fileSystem: .ext4
        )
        #expect(reason { _ = try bench.adopt(known: [known]) } == .alreadyPrepared(blue))
        #expect(try bench.traces() == "")
    }

    @Test("that somebody uses is refused before it gets a key")
    func used() throws {
        let bench = try Bench()
        let holder = try bench.disk.loop.open([.readWrite, .exclusive])
        guard case .refused(let refusals)? = reason({ _ = try bench.adopt() }) else {
            Issue.record("it must be refused")
            return
        }
        #expect(!refusals.isEmpty)
        #expect(try bench.traces() == "")
        #expect(try !bench.container.isUsed(slot: 1))
        withExtendedLifetime(holder) {}
    }

    @Test("that fails keeps the header backup that was there: an older key may open it")
    func oldBackup() throws {
        let bench = try Bench()
        let file = bench.layout.headerBackup(luksUUID: bench.luksUUID)
        _ = try HeaderBackup(luksUUID: bench.luksUUID, in: bench.layout)
            .save(bench.container, key: secret("open sesame"))
        let interruption = Interruption()
        let found = reason {
            _ = try bench.adopt(interruption: interruption) { if $0 == .unlock { interruption.request() } }
        }
        #expect(found == .interrupted)
        #expect(isThere(file))
    }

    @Test("that is stopped before any step leaves the drive with its own keys, and no file")
    func interrupted() throws {
        for step in DriveAdoption.Step.allCases {
            let bench = try Bench()
            let interruption = Interruption()
            let found = reason {
                _ = try bench.adopt(interruption: interruption) { if $0 == step { interruption.request() } }
            }
            #expect(found == .interrupted, "\(step)")
            #expect(try bench.traces() == "", "\(step)")
            #expect(try !bench.container.isUsed(slot: 1), "\(step)")
            #expect(bench.operations.openMappings.isEmpty, "\(step)")
        }
    }

    @Test("that is cut off at any step can be tried again, and no key of the first attempt stays")
    func cutOff() throws {
        for step in DriveAdoption.Step.allCases where step != .enable {
            let bench = try Bench()
            let (layout, folder) = (bench.layout, bench.disk.folder.path)
            let moment = Mutex<Moment?>(nil)
            _ = try bench.adopt { reached in
                // A moment that could not be kept is required below, ignoring.
                if reached == step { moment.withLock { $0 = try? Moment(of: layout, in: folder) } }
            }
            try #require(moment.withLock { $0 }, "\(step)").comeBack()
            let unfinished = try UnfinishedDrive.find(
                try driveName("red"),
                in: layout,
                operations: bench.operations
            )
            switch consume unfinished {
            case .none: #expect(step == .check || step == .writeKey, "\(step)")
            case .some(let unfinished):
                _ = try unfinished.takeBack(from: bench.container.path)
                #expect(try bench.traces() == "", "\(step)")
                // At this step the key was not on the machine yet that the whole adoption gave the drive.
                #expect(try !bench.container.isUsed(slot: 1), "\(step)")
                #expect(try bench.container.opens(slot: 0, with: secret("open sesame")), "\(step)")
                let drive = try bench.adopt()
                #expect(drive.keySlot == 1, "\(step)")
            }
        }
    }

    @Test("that was cut off keeps its key when the drive has no other by now")
    func onlyKey() throws {
        let bench = try Bench()
        let (layout, folder) = (bench.layout, bench.disk.folder.path)
        let moment = Mutex<Moment?>(nil)
        let drive = try bench.adopt { reached in
            // A moment that could not be kept is required below, ignoring.
            if reached == .unlock { moment.withLock { $0 = try? Moment(of: layout, in: folder) } }
        }
        try #require(moment.withLock { $0 }).comeBack()
        try bench.container.removeSlot(0)
        let unfinished = try UnfinishedDrive.find(drive.name, in: layout, operations: bench.operations)
        switch consume unfinished {
        case .none: Issue.record("it was begun")
        case .some(let unfinished):
            do {
                _ = try unfinished.takeBack(from: bench.container.path)
                Issue.record("its only key must stay")
            } catch {
                #expect(error == .adoptionUnfinished(luksUUID: bench.luksUUID))
            }
        }
        #expect(isThere(layout.keyFile(of: drive.name)))
        #expect(try bench.container.isUsed(slot: 1))
    }

    /// What is at the drive's path when an adoption that failed is taken back.
    enum Change: CaseIterable {
        case otherDrive, otherSlot, onlyKey
    }

    @Test(
        "that fails takes nothing from what is there by then but the key it gave",
        arguments: Change.allCases
    )
    func changedMeanwhile(_ change: Change) throws {
        let bench = try Bench()
        let path = bench.container.path
        let (interruption, layout) = (Interruption(), bench.layout)
        do {
            _ = try bench.adopt(interruption: interruption) { step in
                if step != .unlock { return }
                // A change that was not made is seen below, ignoring.
                try? Self.make(change, of: LUKSContainer(path: path), layout)
                interruption.request()
            }
            Issue.record("it was interrupted")
        } catch let error as PreparationError {
            #expect(error.reason == .interrupted)
            let reason = PreparationError.Reason.adoptionUnfinished(luksUUID: bench.luksUUID)
            #expect(error.leftBehind == [reason.description])
        }
        #expect(isThere(layout.keyFile(of: try driveName("red"))), "the next attempt needs it")
        #expect(UnfinishedDrive.names(in: layout) == [try driveName("red")])
        #expect(try bench.container.isUsed(slot: 1))
        #expect(try bench.container.names().label == (change == .otherDrive ? "other" : "red"))
    }

    private static func make(
        _ change: Change,
        of container: LUKSContainer,
        _ layout: HostLayout
    ) throws {
        switch change {
        case .otherDrive:
            let cost = PassphraseCost(machineMemoryBytes: 0)
            _ = try container.format(
                label: "other",
                key: secret("key"),
                passphrase: secret("only key"),
                cost: cost
            )
            try container.removeSlot(0)
        case .otherSlot:
            let key = try SecretBytes(
                readingFrom: Descriptor.open(layout.keyFile(of: driveName("red")), .read)
            )
            try container.removeSlot(1)
            _ = try container.add(secret("another"), provenBy: secret("open sesame"))
            _ = try container.add(key, provenBy: secret("open sesame"))
        case .onlyKey: try container.removeSlot(0)
        }
    }
}
