import Drives
import LinuxSystem
import Reporting

/// The disks of the machine: which may become a drive, and why the others may not.
public struct DiskOverview {
    private let disks: [DiskDescription]

    /// Looks at all disks. Reads some MiB of each.
    public init(in context: RunContext) throws(Failure) {
        var disks: [DiskDescription]
        do {
            disks = try DiskInspection.inspectAll()
        } catch {
            throw Failure(error)
        }
        let drives = try context.ownDrives()
        for index in disks.indices { disks[index].refuse(ifOneOf: drives) }
        self.disks = disks
    }

    init(_ disks: [DiskDescription]) {
        self.disks = disks
    }

    /// Some lines for each disk, those that may be taken first.
    public var lines: [String] {
        let offered = disks.filter { $0.refusals(under: .onlyRemovable).isEmpty }
        let others = disks.filter { !$0.refusals(under: .onlyRemovable).isEmpty }
        var lines: [String] = []
        if offered.isEmpty {
            lines.append("no disk here can become a drive: plug one in, and unmount what is on it")
        } else {
            lines.append("disks that can become a drive (all on them will be lost):")
            lines += offered.flatMap { $0.lines.map { "  " + $0 } }
            let example = offered.first?.devicePath ?? FileName()
            lines.append("to take one: extbackup prepare-disk \(Self.plain(example)) --name NAME")
        }
        if !others.isEmpty {
            lines.append("not offered:")
            for disk in others {
                lines += disk.lines.prefix(1).map { "  " + $0 }
                lines += disk.refusals.flatMap { [$0.description] + ($0.remedy.map { ["  " + $0] } ?? []) }
                    .map { "    " + $0 }
                if disk.refusals(under: .anyDisk).isEmpty {
                    lines.append("    --allow-internal would take it")
                }
            }
        }
        return lines
    }

    /// A device's path holds nothing odd; quotes would be in the way of copying the line.
    private static func plain(_ path: FileName) -> String { String(path.description.dropFirst().dropLast()) }
}
