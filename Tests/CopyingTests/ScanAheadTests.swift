#if DEBUG
    import LinuxSystem
    import Testing

    @Suite("A scan", Need.root)
    struct ScanAheadTests {
        @Test("opens every folder once on either side, and lets go of all")
        func once() throws {
            let home = try TemporaryFolder(in: "/dev/shm")
            let source = try home.makeFolder("source")
            let destination = try home.makeFolder("destination")
            let items = (0..<50).map { number in
                Item.folder(FileName("outer \(number)"), [.folder("inner", [.folder("innermost")])])
            }
            try source.make(items)
            try destination.make(items)
            let opened = Locked<[String: Int]>([:])
            let plan = FaultPlan { call in
                if call.name == "openat2" { opened.change { $0["\(call.subject)", default: 0] += 1 } }
                return .proceed
            }
            _ = try plan.run { try CopyingTests.plan(source, destination) }
            #expect(opened.value.values.filter { $0 == 2 }.count == 50, "\(opened.value)")
            #expect(opened.value["'inner'"] == 100)
            #expect(opened.value["'innermost'"] == 100)
        }
    }
#endif
