// Files between host and guest.

internal import Synchronization

extension Guest {
    /// The contents of a file in the guest, up to 16 MiB.
    public func readFile(_ path: String) throws(LabFailure) -> [UInt8] {
        try check("cat -- \(shellQuoted(path))").stdoutBytes
    }

    /// Writes a file in the guest, and makes the folders that lead to it. For contents up to some MiB; larger
    /// ones are faster with `copyIn`.
    public func writeFile(_ path: String, _ contents: [UInt8], mode: String = "0644") throws(LabFailure) {
        let name = shellQuoted(path)
        try check(
            "mkdir -p -- \"$(dirname -- \(name))\" && cat > \(name) && chmod \(mode) -- \(name)",
            input: contents
        )
    }

    /// Writes a text file in the guest.
    public func writeFile(_ path: String, _ contents: String, mode: String = "0644") throws(LabFailure) {
        try writeFile(path, Array(contents.utf8), mode: mode)
    }

    /// Copies a file of any size from the host into the guest.
    public func copyIn(_ hostFile: String, to path: String, mode: String = "0644") throws(LabFailure) {
        let size = try HostFile.size(hostFile)
        let name = shellQuoted(path)
        try withBlockDevice(showing: hostFile) { (device) throws(LabFailure) in
            try check(
                """
                mkdir -p -- "$(dirname -- \(name))" && head -c \(size) \(device) > \(name) && chmod \(mode) -- \(name)
                """,
                timeout: .seconds(120)
            )
        }
    }

    /// Plugs a file of the host as a read-only disk while `body` runs.
    private func withBlockDevice(
        showing hostFile: String,
        _ body: (String) throws(LabFailure) -> Void
    ) throws(LabFailure) {
        // QEMU shows a file that ends in the middle of a sector with zeros up to the sector's end.
        let id = "in\(UInt32.random(in: 0...UInt32.max))"
        try monitor.execute(
            "blockdev-add",
            [
                "driver": "raw", "node-name": .string(id), "read-only": true,
                "file": [
                    "driver": "file", "filename": .string(try HostFile.resolved(hostFile)), "read-only": true,
                ],
            ]
        )
        try monitor.execute(
            "device_add",
            ["driver": "virtio-blk-pci", "id": .string(id), "drive": .string(id), "serial": .string(id)]
        )
        let device = "/dev/disk/by-id/virtio-\(id)"
        try waitUntil("the disk '\(id)' is there", succeeds: "test -b \(device)")
        try body(device)
        try monitor.execute("device_del", ["id": .string(id)])
        try removeNode(id)
    }

    /// Removes a block node as soon as its device has let go of it.
    func removeNode(_ name: String) throws(LabFailure) {
        let deadline = Deadline(after: .seconds(20))
        while true {
            do throws(LabFailure) {
                try monitor.execute("blockdev-del", ["node-name": .string(name)])
                return
            } catch {
                if deadline.hasPassed { throw error.adding(details: evidence()) }
                pause(milliseconds: 20)
            }
        }
    }
}
