internal import LinuxSystem
internal import SystemPackage

/// A disk that is about to be erased: nobody else has it, and udev looks away.
///
/// The lock on the whole disk's node keeps udev from probing and from announcing partitions half made
/// (systemd.io/BLOCK_DEVICE_LOCKING); it is taken on a descriptor that only reads, because closing one that writes
/// would make udev read the partition table again. Exclusive opening keeps mounts and drivers away.
struct DiskClaim: ~Copyable {
    private let lock: Descriptor
    private let disk: Descriptor
    private let description: DiskDescription
    private let topology = BlockTopology()

    private static let lockPatience = Duration.seconds(10)
    private static let kernelPatience = Duration.seconds(10)
    private static let pause = Duration.milliseconds(100)
    private static let edgeBytes: UInt64 = 1 << 20

    /// Locks the disk that a person confirmed, and inspects it again.
    ///
    /// - Throws: `diskLocked`, `diskChanged`, `refused`. The disk is untouched then.
    init(_ plan: PreparationPlan) throws(PreparationError.Reason) {
        let path = plan.disk.devicePath
        let lock = try system { () throws(SystemError) in try Descriptor.open(path, [.read, .nonBlocking]) }
        try Self.wait(Self.lockPatience, orThrow: .diskLocked) { () throws(SystemError) in
            try lock.tryLock(.exclusive)
        }
        var now: DiskDescription
        do {
            now = try DiskInspection.inspect(path)
        } catch {
            throw error.reason
        }
        guard now.isUnchanged(since: plan.disk) else { throw .diskChanged }
        now.refuse(ifOneOf: plan.known)
        var refusals = now.refusals(under: plan.policy)
        let minimum = plan.fileSystem.minimumDiskBytes
        if refusals.isEmpty, now.sizeBytes < minimum {
            refusals = [.tooSmall(sizeBytes: now.sizeBytes, minimumBytes: minimum)]
        }
        if !refusals.isEmpty { throw .refused(refusals) }
        do {
            disk = try Descriptor.openExclusively(path, .readWrite, patience: .seconds(1))
        } catch {
            throw error.errno == .resourceBusy ? .refused([.inUse]) : .system(error)
        }
        self.lock = lock
        description = now
    }

    /// Erases the signatures of everything that was recognized, and both ends of the disk.
    func wipe() throws(PreparationError.Reason) {
        try system { () throws(SystemError) in
            for partition in description.partitions where partition.sizeBytes > 0 {
                let end = partition.startBytes + partition.sizeBytes
                // A table may promise more than the disk has.
                guard end <= description.sizeBytes else { continue }
                try SignatureProbe(disk, bytes: partition.startBytes..<end).wipe()
            }
            try SignatureProbe(disk).wipe()
            let zeros = [UInt8](repeating: 0, count: Int(Self.edgeBytes))
            try disk.write(zeros, at: 0)
            try disk.write(zeros, at: Int64(description.sizeBytes - Self.edgeBytes))
            try disk.sync()
        }
    }

    /// Writes the new table, tells the kernel, and waits for the partition. The disk stays locked, but is no longer
    /// held exclusively: from here on the partition is.
    consuming func partition(named name: DriveName) throws(PreparationError.Reason) -> ClaimedPartition {
        let bytes = try writeTable(name)
        try tellKernel(bytes)
        let partition = try awaitPartition(bytes)
        let description = description
        let lock = lock
        do {
            try disk.close()
        } catch {
            throw .system(error)
        }
        do {
            try Descriptor.openExclusively(partition.path, .readWrite, patience: Self.kernelPatience).close()
        } catch {
            throw error.errno == .resourceBusy ? .refused([.inUse]) : .system(error)
        }
        return ClaimedPartition(lock: lock, disk: description, partition: partition, bytes: bytes)
    }

    private func writeTable(_ name: DriveName) throws(PreparationError.Reason) -> Range<Int64> {
        do {
            let bytes = try PartitionTable.writeSingle(
                on: disk,
                path: description.devicePath,
                name: name.text
            )
            // What an old partition left inside the new one would make udev doubt the container.
            try SignatureProbe(disk, bytes: UInt64(bytes.lowerBound)..<UInt64(bytes.upperBound)).wipe()
            try disk.sync()
            return bytes
        } catch {
            throw .partitioning(error)
        }
    }

    /// Partition by partition instead of a new reading of the table: it needs no parser in the kernel.
    private func tellKernel(_ bytes: Range<Int64>) throws(PreparationError.Reason) {
        try Self.wait(Self.kernelPatience, orThrow: .refused([.inUse])) { () throws(SystemError) in
            do throws(SystemError) {
                try replacePartitions(bytes)
                return true
            } catch {
                if error.errno == .resourceBusy { return false }
                throw error
            }
        }
    }

    private func replacePartitions(_ bytes: Range<Int64>) throws(SystemError) {
        for old in try topology.partitions(of: device()) {
            guard let number = topology.number("partition", of: old) else { continue }
            try disk.deletePartition(Int32(clamping: number))
        }
        try disk.addPartition(1, at: bytes)
    }

    private func device() throws(SystemError) -> BlockTopology.Device {
        guard let number = try disk.blockDeviceNumber() else {
            throw SystemError(call: "fstat", subject: description.devicePath, errno: .notBlockDevice)
        }
        return try topology.device(number)
    }

    /// The node is made by the kernel (devtmpfs), not by udev, which waits for the lock.
    private func awaitPartition(
        _ bytes: Range<Int64>
    ) throws(PreparationError.Reason) -> BlockTopology.Device {
        var found: BlockTopology.Device?
        try Self.wait(Self.kernelPatience, orThrow: .partitionMissing) { () throws(SystemError) in
            let partitions = try topology.partitions(of: device())
            found = partitions.first {
                topology.number("start", of: $0) == UInt64(bytes.lowerBound) >> 9
                    && $0.path.blockDeviceNumber == $0.number
            }
            return found != nil
        }
        guard let found else { throw .partitionMissing }
        return found
    }

    /// Asks again and again until the answer is yes or the time is over.
    private static func wait(
        _ patience: Duration,
        orThrow reason: PreparationError.Reason,
        until isDone: () throws(SystemError) -> Bool
    ) throws(PreparationError.Reason) {
        let end = ContinuousClock.now + patience
        while true {
            if try system(isDone) { return }
            if ContinuousClock.now >= end { throw reason }
            Thread.sleep(for: pause)
        }
    }
}

/// The new partition of a disk that is still locked.
struct ClaimedPartition: ~Copyable {
    private let lock: Descriptor
    /// The disk before it was erased.
    let disk: DiskDescription
    /// The partition as the kernel has it.
    let partition: BlockTopology.Device
    /// Where it lies, in bytes.
    let bytes: Range<Int64>

    /// The same, as it is written down.
    var extent: DiskExtent { DiskExtent(start: bytes.lowerBound, size: bytes.upperBound - bytes.lowerBound) }

    fileprivate init(
        lock: consuming Descriptor,
        disk: DiskDescription,
        partition: BlockTopology.Device,
        bytes: Range<Int64>
    ) {
        self.lock = lock
        self.disk = disk
        self.partition = partition
        self.bytes = bytes
    }

    /// Lets udev look at the finished drive.
    consuming func unlock() throws(PreparationError.Reason) {
        let path = partition.path
        do {
            try lock.close()
            // Newer udevs kept the events that came meanwhile, older ones dropped them. The close of a descriptor
            // that could write is an event for both.
            try Descriptor.open(path, [.readWrite, .nonBlocking]).close()
        } catch {
            throw .system(error)
        }
    }
}

extension Descriptor {
    /// Opens a block device that no driver and no mount has, and nobody else opened so. A program that starts at this
    /// moment has a copy of its parent's descriptors until it runs, so "busy" may pass.
    static func openExclusively(
        _ path: FileName,
        _ access: OpenFlags,
        patience: Duration
    ) throws(SystemError) -> Descriptor {
        let end = ContinuousClock.now + patience
        while true {
            do {
                return try open(path, [access, .exclusive, .nonBlocking])
            } catch {
                if error.errno != .resourceBusy || ContinuousClock.now >= end { throw error }
                Thread.sleep(for: .milliseconds(20))
            }
        }
    }
}

extension DiskDescription {
    /// Whether two inspections saw the same disk in the same plug-in.
    func isSameDisk(as other: DiskDescription) -> Bool {
        number == other.number && diskSequence == other.diskSequence && serial == other.serial
            && sizeBytes == other.sizeBytes
    }

    /// Whether another inspection saw the same disk in the same plug-in with the same on it: it may have become a drive
    /// since.
    func isUnchanged(since other: DiskDescription) -> Bool {
        isSameDisk(as: other) && partitionTable == other.partitionTable && contents == other.contents
            && partitions == other.partitions
    }
}
