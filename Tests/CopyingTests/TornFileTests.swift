#if DEBUG
    import LinuxSystem
    import SystemPackage
    import Testing

    @testable import Copying

    @Suite("A file that is changed in place", Need.root, .serialized)
    final class TornFileTests {
        let home: TemporaryFolder
        let source: Descriptor
        let destination: Descriptor

        init() throws {
            home = try TemporaryFolder(in: "/dev/shm")
            source = try home.makeFolder("source")
            destination = try home.makeFolder("destination")
            try source.make([Self.large(1)])
            try destination.make([Self.large(2)])
        }

        private static func large(_ byte: UInt8) -> Item {
            let bytes = [UInt8](repeating: byte, count: 1 << 20)
            return .file("large", pieces: [.bytes(bytes)]).time(1_700_000_000, UInt32(byte))
        }

        @Test("is written again when it is torn, though its time is the source's", arguments: [true, false])
        func coincidence(hasManifest: Bool) throws {
            try destination.setModified(of: "large", FileTime(seconds: 1_700_000_000, nanoseconds: 1))
            try AttributePlace("large", in: destination).set(TornMark.attribute, to: [1])
            let path = hasManifest ? FileName(home.path + "/manifest") : nil
            try copy(source, to: destination, manifestAt: path, trusting: .compared)
            try expectEqual(source, destination)
        }

        @Test("bears a mark from before the first block is written until all are durable")
        func marked() throws {
            let calls = Locked<[String]>([])
            let plan = FaultPlan { call in
                let names: Set<String> = [
                    "setxattr", "removexattr", "pwrite", "fsync", "fdatasync", "futimens",
                ]
                if names.contains(call.name) { calls.change { $0.append(call.name) } }
                return .proceed
            }
            let inode = try destination.status(of: "large").inode
            let outcome = try plan.run { try copy(source, to: destination, update: .inPlace).outcome }
            #expect(outcome.copiedFiles == 1)
            #expect(try destination.status(of: "large").inode == inode)
            var order: [String] = []
            for call in calls.value where call != order.last { order.append(call) }
            let way = ["setxattr", "futimens", "fsync", "pwrite", "fsync", "removexattr", "futimens"]
            #expect(order.prefix(way.count) == way[...], "\(order)")
            try expectEqual(source, destination)
        }

        @Test("is written whole where it takes no mark")
        func unmarked() throws {
            let plan = FaultPlan { $0.name == "setxattr" ? .fail(.notSupported) : .proceed }
            let inode = try destination.status(of: "large").inode
            _ = try plan.run { try copy(source, to: destination, update: .inPlace) }
            #expect(try destination.status(of: "large").inode != inode)
            try expectEqual(source, destination)
        }
    }
#endif
