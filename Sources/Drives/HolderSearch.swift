internal import LinuxSystem
internal import SystemPackage

/// Finds out who keeps a mount, a mapping or a disk busy. For messages: what it finds may be gone a moment
/// later, and the search may miss somebody.
struct HolderSearch {
    /// Paths that a holder has open: a folder with all below it, or nodes.
    private var folders: [FileName] = []
    private var nodes: [FileName] = []
    /// Devices that may be mounted somewhere.
    private var devices: [DeviceNumber] = []
    /// Sources that may be mounted somewhere (btrfs has other device numbers).
    private var sources: [FileName] = []
    /// What lies on it.
    private var upper: [Holder] = []

    init(_ thing: Leftover.Thing) {
        switch thing {
        case .mount(let directory):
            folders = [directory]
            let table = Self.table("/proc/self/mountinfo")
            let mounts = table.filter { $0.target == directory }
            devices = mounts.map(\.device)
            sources = mounts.map(\.source)
        case .mapping(let name):
            // Without sysfs there is no number to look for; the names remain, ignoring.
            add((try? SysfsDisks.mapping(named: name)) ?? nil, named: FileName("/dev/mapper").appending(name))
        case .disk(let node):
            guard let name = node.components.last else { return }
            let disk = SysfsDisks.disk(name)
            add(disk, named: node)
        }
    }

    private mutating func add(_ disk: SysfsDisks.Disk?, named node: FileName) {
        nodes.append(node)
        sources.append(node)
        guard let disk else { return }
        for part in disk.parts {
            if let name = part.components.last { nodes.append(FileName("/dev").appending(name)) }
            if let number = Sysfs.text(part.appending("dev")).flatMap(DeviceNumber.init) {
                devices.append(number)
            }
            for name in Sysfs.names(in: part.appending("holders")) {
                let upperName = SysfsDisks.disk(name).mappingName ?? name
                upper.append(Holder(processID: nil, program: "kernel", use: .device(upperName)))
            }
        }
        sources += nodes
    }

    func holders() -> [Holder] {
        var found = upper
        var namespaces: Set<FileName> = []
        for name in Sysfs.names(in: "/proc") {
            guard let processID = Int32(String(decoding: name.bytes, as: UTF8.self)) else { continue }
            let process = FileName("/proc").appending(name)
            let uses = uses(of: process) + mounts(of: process, &namespaces)
            if uses.isEmpty { continue }
            let program = FileName(Sysfs.text(process.appending("comm")) ?? "?")
            found += uses.map { Holder(processID: processID, program: program, use: $0) }
        }
        return found
    }

    private func uses(of process: FileName) -> [Holder.Use] {
        for link in ["cwd", "root"] as [FileName] {
            if let path = Sysfs.linkTarget(link, in: process), folders.contains(where: path.isWithin) {
                return [.directory]
            }
        }
        let files = process.appending("fd")
        for name in Sysfs.names(in: files) {
            guard let path = Sysfs.linkTarget(name, in: files) else { continue }
            if nodes.contains(path) || folders.contains(where: path.isWithin) { return [.openFile(path)] }
        }
        guard !folders.isEmpty, let maps = Sysfs.bytes(process.appending("maps"), limit: 64 << 20) else {
            return []
        }
        let isMapped = maps.split(separator: UInt8(ascii: "\n")).contains { line in
            guard let start = line.firstIndex(of: UInt8(ascii: "/")) else { return false }
            let path = FileName(bytes: line[start...])
            return folders.contains(where: path.isWithin)
        }
        return isMapped ? [.mappedFile] : []
    }

    /// Mounts in the process's namespace, when no process before it had the same one. The search for a mount's
    /// holders leaves out the mount itself.
    private func mounts(of process: FileName, _ namespaces: inout Set<FileName>) -> [Holder.Use] {
        guard let namespace = Sysfs.linkTarget("mnt", in: process.appending("ns")),
            namespaces.insert(namespace).inserted
        else { return [] }
        let own = folders.isEmpty ? nil : Sysfs.linkTarget("mnt", in: "/proc/self/ns")
        return Self.table(process.appending("mountinfo")).compactMap { entry in
            guard devices.contains(entry.device) || sources.contains(entry.source) else { return nil }
            if namespace == own && folders.contains(entry.target) { return nil }
            return .mount(entry.target)
        }
    }

    private static func table(_ file: FileName) -> [MountTable.Entry] {
        do {
            return try MountTable(file: file).entries
        } catch {
            return []
        }
    }
}
