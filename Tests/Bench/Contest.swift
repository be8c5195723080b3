import LinuxSystem

/// One workload on one file system: its destinations, and the runs of all programs in turn.
struct Contest: ~Copyable {
    let workload: Workload
    let fileSystem: String
    let settings: Settings
    let host: Host
    let cachePath: String
    let source: Disk
    let folder: String
    let programs: [Program]
    private var mirrors: [String: Disk] = [:]
    private var rows: [Row]
    private var round: Int64 = 0
    private var since: Int64 = 0
    private var names = (before: "one", after: "two")

    init(
        _ workload: Workload,
        on fileSystem: String,
        _ settings: Settings,
        _ cache: borrowing Cache,
        _ source: SourceDisk
    ) throws(BenchFailure) {
        self.workload = workload
        self.fileSystem = fileSystem
        self.settings = settings
        host = cache.host
        cachePath = cache.path
        self.source = source.disk
        programs = workload.programs(fileSystem)
        rows = programs.map { Row(name: $0.name, bars: $0.bars) }
        folder = try source.folder(workload.tree, floor: settings.floor)
        for name in Set(programs.map(\.mirror)) {
            mirrors[name] = Disk("destination-\(name)", in: cache)
        }
    }

    /// Runs all programs as often as asked, in another order each time.
    consuming func run() throws(BenchFailure) -> [Row] {
        try prepare()
        let runs = settings.runs ?? workload.runs
        for turn in 0..<runs {
            try change()
            for place in programs.indices {
                let index = (place + turn) % programs.count
                if rows[index].failure != nil { continue }
                try attempt(index, "run \(turn + 1) of \(runs)")
            }
        }
        for index in programs.indices where rows[index].failure == nil { try compare(index) }
        return rows
    }

    // MARK: Destinations

    private func inodes() -> Int { workload.tree.inodes + workload.tree.inodes / 5 + 10_000 }

    private mutating func prepare() throws(BenchFailure) {
        var filled: Set<String> = []
        for program in programs where filled.insert(program.mirror).inserted {
            guard var disk = mirrors[program.mirror] else { continue }
            try disk.create(bytes: workload.imageBytes)
            try disk.attach()
            mirrors[program.mirror] = disk
            if case .empty = workload.start { continue }
            try disk.format(fileSystem, inodes: inodes())
            try disk.mount(fileSystem)
            Host.say("  making the destination of \(program.name)")
            do {
                try host.run(program.fill(place(program)))
            } catch BenchFailure.command(let command, let output) {
                for other in programs.indices where programs[other].mirror == program.mirror {
                    rows[other].failure = output
                }
                Host.say("  '\(command)' failed: \(output)")
            }
            // As a drive begins its month: mounted afresh.
            try disk.unmount()
            try disk.mount(fileSystem)
        }
    }

    private func place(_ program: Program) -> Place {
        Place(
            engine: settings.engine,
            floor: settings.floor,
            source: folder,
            destination: mirrors[program.mirror]?.mountPoint ?? "",
            manifest: "\(cachePath)/manifest-\(program.mirror)",
            round: round,
            since: since,
            names: names
        )
    }

    /// A new file system before a first copy, and no manifest of an earlier one.
    private func empty(_ program: Program, _ disk: Disk, isFirst: Bool) throws(BenchFailure) {
        if !isFirst { try disk.unmount() }
        try disk.format(fileSystem, inodes: inodes())
        try disk.mount(fileSystem)
        let manifest = place(program).manifest
        try host.run([
            "/usr/bin/rm", "-f", manifest, manifest + "-wal", manifest + "-shm", manifest + "-journal",
        ])
    }

    // MARK: Runs

    /// Changes the source, and lets its times become settled: within a second of a change rsync sees none, and
    /// others rightly doubt what they saw.
    private mutating func change() throws(BenchFailure) {
        if case .none = workload.change { return }
        since = UnixTime.now().seconds
        round = since
        let isFirst = Host.exists("\(folder)/file-one")
        names = isFirst ? ("one", "two") : ("two", "one")
        let commands = workload.tree.commands(for: workload.change, settings.floor, folder, round: round)
        for command in commands { try host.run(command) }
        Thread.sleep(for: .seconds(3))
    }

    private mutating func attempt(_ index: Int, _ turn: String) throws(BenchFailure) {
        let program = programs[index]
        do {
            let inodes = try movedInodes(program, names.before)
            let measurement = try measure(program, index)
            rows[index].measurements.append(measurement)
            let after = try movedInodes(program, names.after)
            if inodes != after { rows[index].keptInodes = false }
            Host.say("  \(turn): \(short(measurement.seconds)) s  \(program.name)")
        } catch BenchFailure.interrupted {
            throw .interrupted
        } catch {
            rows[index].failure = "\(error)"
            Host.say("  \(turn): \(program.name): \(error)")
        }
    }

    private func measure(_ program: Program, _ index: Int) throws(BenchFailure) -> Measurement {
        guard let disk = mirrors[program.mirror] else { throw .unexpected("no destination") }
        if case .empty = workload.start {
            try empty(program, disk, isFirst: rows[index].measurements.isEmpty && isFirstUse(index))
        }
        try warm(disk)
        let report = "\(cachePath)/measurement"
        try host.run(["/usr/bin/rm", "-f", report])
        var command = [settings.floor, "measure", "--sync", disk.mountPoint]
        command += ["--disk", source.name, "--disk", disk.name]
        if case .nothing = workload.memory { command.append("--cold") }
        if let limit = workload.readLimit {
            command += ["--cgroup", try Throttle(disk, readsPerSecond: limit).group]
        }
        defer { Throttle.remove() }
        let output = try host.run(command + [report] + program.command(place(program)))
        do {
            return try Measurement(report: report)
        } catch {
            let line = output.split(separator: "\n").last ?? ""
            throw .unexpected("\(error): \(line)")
        }
    }

    /// True when no row with the same destination ran before.
    private func isFirstUse(_ index: Int) -> Bool {
        let mirror = programs[index].mirror
        return programs.indices.allSatisfy {
            programs[$0].mirror != mirror || (rows[$0].measurements.isEmpty && rows[$0].failure == nil)
        }
    }

    private func warm(_ disk: Disk) throws(BenchFailure) {
        switch workload.memory {
        case .contents:
            try host.run([settings.floor, "read", folder, "2"])
        case .status:
            try host.run([settings.floor, "scan", folder, "2"])
            try host.run([settings.floor, "scan", disk.mountPoint, "2"])
        case .nothing:
            break
        }
    }

    // MARK: Answers

    /// The inodes of what moves, and of a file in the folder that moves.
    private func movedInodes(_ program: Program, _ name: String) throws(BenchFailure) -> String {
        guard case .moves = workload.change else { return "" }
        let root = place(program).destination
        let paths = ["file-\(name)", "folder-\(name)", "folder-\(name)/0000/00/file-00000000"].map {
            "\(root)/\($0)"
        }
        return try host.run(["/usr/bin/stat", "--format", "%i"] + paths)
    }

    /// A program that leaves out something is fast; so both sides are counted at the end.
    private mutating func compare(_ index: Int) throws(BenchFailure) {
        let program = programs[index]
        let destination = place(program).destination
        // lost+found is the file system's; a destination that has it has one entry more.
        let extra = Host.exists(destination + "/lost+found") ? 1 : 0
        let wanted = try total(folder, extra: 0)
        let found = try total(destination, extra: extra)
        if wanted != found {
            rows[index].failure = "the destination has \(found), the source \(wanted)"
            Host.say("  \(program.name): the destination has \(found), the source \(wanted)")
        }
    }

    private func total(_ folder: String, extra: Int) throws(BenchFailure) -> String {
        let words = try host.run([settings.floor, "scan", folder, "2"]).split(whereSeparator: \.isWhitespace)
        guard words.count == 4, let entries = Int(words[0]) else { throw .unexpected("a scan told nothing") }
        return "\(entries - extra) entries and \(words[2]) bytes"
    }
}
