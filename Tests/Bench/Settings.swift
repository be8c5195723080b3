/// What the person asked for: `NAME=value` arguments, as make gives them.
struct Settings {
    /// Names of workloads; empty for all.
    var workloads: [String] = []
    /// File systems of the destination; empty for those that each workload names.
    var fileSystems: [String] = []
    /// How often each program runs; nil for what each workload names.
    var runs: Int?
    /// Factor of all counts and sizes.
    var scale = 1.0
    /// The program that is measured.
    var engine = ""
    /// The C program beside it.
    var floor = ""
    /// Where images and trees are kept between runs.
    var cache = ""
    /// The Markdown file that gets the tables; nil for none.
    var report: String?
    /// The command that a reader can repeat.
    var command = "make bench"

    static let usage = """
        usage: extbackup-bench ENGINE=FILE FLOOR=FILE CACHE=FOLDER [REPORT=FILE]
                   [WORK="name name"] [FS="ext4 xfs btrfs"] [RUNS=5] [SCALE=1]
        workloads: \(Workload.all(Scale(1)).map(\.name).joined(separator: " "))
        """

    init(_ arguments: [String]) throws(BenchFailure) {
        for argument in arguments {
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { throw .usage("'\(argument)' is not NAME=value") }
            try set(String(parts[0]), String(parts[1]))
        }
        guard !engine.isEmpty, !floor.isEmpty, cache.hasPrefix("/") else {
            throw .usage("ENGINE, FLOOR and CACHE are needed, the last as an absolute path")
        }
    }

    private mutating func set(_ name: String, _ value: String) throws(BenchFailure) {
        if value.isEmpty { return }
        switch name {
        case "ENGINE": engine = value
        case "FLOOR": floor = value
        case "CACHE": cache = value
        case "REPORT": report = value
        case "WORK": workloads = try words(value, of: Workload.all(Scale(1)).map(\.name), name)
        case "FS": fileSystems = try words(value, of: ["ext4", "xfs", "btrfs"], name)
        case "RUNS":
            guard let count = Int(value), count > 0 else { throw .usage("RUNS is a number from 1 on") }
            runs = count
        case "SCALE":
            guard let factor = Double(value), factor > 0, factor <= 1 else {
                throw .usage("SCALE is a number above 0 and at most 1")
            }
            scale = factor
        default: throw .usage("'\(name)' is no argument of the benchmark")
        }
        if ["WORK", "FS", "RUNS", "SCALE"].contains(name) {
            command += value.contains(" ") ? " \(name)=\"\(value)\"" : " \(name)=\(value)"
        }
    }

    private func words(_ value: String, of known: [String], _ name: String) throws(BenchFailure) -> [String] {
        let words = value.split(separator: " ").map(String.init)
        for word in words where !known.contains(word) { throw .usage("\(name) has no '\(word)'") }
        return words
    }
}

/// Makes counts and sizes smaller for a quick look.
struct Scale {
    let factor: Double

    init(_ factor: Double) { self.factor = factor }

    /// At least `least`, whole thousands where there are thousands.
    func count(_ full: Int, least: Int = 1000) -> Int {
        let scaled = Int(Double(full) * factor)
        return max(least, scaled > 1000 ? scaled / 1000 * 1000 : scaled)
    }

    /// Whole units of 16 MiB, at least one.
    func bytes(_ full: Int) -> Int {
        max(1, Int(Double(full) * factor) >> 24) << 24
    }
}
