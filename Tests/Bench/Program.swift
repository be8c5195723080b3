/// Where a program finds what it works on.
struct Place {
    var engine: String
    var floor: String
    var source: String
    var destination: String
    var manifest: String
    /// The number of the change that was made last.
    var round: Int64 = 0
    /// When that change began, in seconds since 1970.
    var since: Int64 = 0
    /// The names that a move gave, and had: `one`, `two`.
    var names = (before: "one", after: "two")
}

/// A row of a table: a program with its arguments.
struct Program {
    /// As in the table.
    let name: String
    /// Programs of the same name here share a destination.
    var mirror: String
    /// Makes the destination before the first run, where the workload begins with one.
    var fill: (Place) -> [String]
    let command: (Place) -> [String]
    /// What the issue asks of it.
    var bars: [Bar] = []

    func with(_ bars: Bar...) -> Program {
        var program = self
        program.bars = bars
        return program
    }

    /// With a destination that others only read, too.
    func on(_ mirror: String) -> Program {
        var program = self
        program.mirror = mirror
        program.fill = Self.floorFill
        return program
    }
}

extension Program {
    /// All that rsync can carry, with numbers for owners.
    static let rsyncOptions = ["-aHAXS", "--delete", "--numeric-ids"]

    private static let floorFill: @Sendable (Place) -> [String] = {
        [$0.floor, "copy", $0.source, $0.destination, "2", "direct"]
    }

    /// The copier with a manifest of its destination.
    static func copier(_ options: String...) -> Program {
        let command: (Place) -> [String] = {
            [$0.engine, "copy", "--delete", "--quiet", "--manifest", $0.manifest] + options
                + [$0.source, $0.destination]
        }
        let name = (["extbackup --manifest"] + options).joined(separator: " ")
        return Program(name: name, mirror: "extbackup" + options.joined(), fill: command, command: command)
    }

    /// The copier without: it walks both sides.
    static var copierWithoutManifest: Program {
        Program(name: "extbackup", mirror: "extbackup-walk", fill: floorFill) {
            [$0.engine, "copy", "--delete", "--quiet", $0.source, $0.destination]
        }
    }

    static func rsync(_ options: String...) -> Program {
        let name = (["rsync"] + rsyncOptions + options).joined(separator: " ")
        return Program(name: name, mirror: "rsync" + options.joined(), fill: floorFill) {
            ["/usr/bin/rsync"] + rsyncOptions + options + [$0.source + "/", $0.destination + "/"]
        }
    }

    static var cp: Program {
        Program(name: "cp -a", mirror: "cp", fill: floorFill) {
            ["/usr/bin/cp", "-a", $0.source + "/.", $0.destination]
        }
    }

    private static func floor(_ name: String, _ command: @escaping (Place) -> [String]) -> Program {
        Program(name: "floor: \(name)", mirror: "floor", fill: floorFill, command: command)
    }

    /// Looks at every entry of the source, and only there.
    static func floorScan(threads: Int) -> Program {
        floor("statx, \(threads) thread\(threads == 1 ? "" : "s")") {
            [$0.floor, "scan", $0.source, "\(threads)"]
        }
    }

    static func floorCopy(threads: Int, _ way: String) -> Program {
        floor("\(way == "direct" ? "create" : "O_TMPFILE"), \(threads) thread\(threads == 1 ? "" : "s")") {
            [$0.floor, "copy", $0.source, $0.destination, "\(threads)", way]
        }
    }

    static var floorUpdate: Program {
        floor("statx, copy the changed, 2 threads") {
            [$0.floor, "update", $0.source, $0.destination, "2", "\($0.since)"]
        }
    }

    static var floorPatch: Program {
        floor("read all, write the changed") {
            [$0.floor, "patch", $0.source + "/large-0", $0.destination + "/large-0", "\($0.round)"]
        }
    }

    static var floorRename: Program {
        floor("statx, 2 renames") {
            let (before, after) = $0.names
            let scan = "\"$0\" scan \"$1\" 2 && "
            let moves = ["file", "folder"].map {
                "\"$0\" rename \"$2/\($0)-\(before)\" \"$2/\($0)-\(after)\""
            }
            return [
                "/bin/sh", "-c", scan + moves.joined(separator: " && "), $0.floor, $0.source, $0.destination,
            ]
        }
    }
}
