/// A workload's rows on one file system as Markdown.
struct Table {
    let workload: Workload
    let fileSystem: String
    let rows: [Row]
    /// When, how and where it was measured.
    let circumstances: String

    var markdown: String {
        var lines = [
            "### \(fileSystem): \(workload.title)", "", circumstances, "",
            "| | time s (from–to) | CPU s | memory MiB | source reads | destination reads | destination writes "
                + "| asked for | reached |",
            "|---|---|---|---|---|---|---|---|---|",
        ]
        lines += rows.map(line)
        return lines.joined(separator: "\n")
    }

    private func line(_ row: Row) -> String {
        let all = row.measurements
        guard !all.isEmpty else {
            let reason = (row.failure ?? "not run").replacing("|", with: "\\|")
            return "| \(row.name) | \(reason) |" + String(repeating: " |", count: 7)
        }
        func range(_ values: [Double]) -> String {
            let text = short(values.median)
            guard values.count > 1, let least = values.min(), let most = values.max() else { return text }
            return "\(text) (\(short(least))–\(short(most)))"
        }
        func requests(_ count: KeyPath<Measurement, Int>, _ bytes: KeyPath<Measurement, Int>) -> String {
            let number = all.map { Double($0[keyPath: count]) }.median
            return "\(Int(number)) / \(mebibytes(Int(all.map { Double($0[keyPath: bytes]) }.median))) MiB"
        }
        let outcomes = row.bars.map { bar in
            bar.outcome(of: row, among: rows).map { "\($0.figure) **\($0.isMet ? "yes" : "no")**" } ?? "–"
        }
        let cells = [
            row.name + (row.failure.map { " (**failed**: \($0))" } ?? ""), range(all.map(\.seconds)),
            short(all.map(\.processorSeconds).median), mebibytes(row.peakBytes),
            requests(\.source.reads, \.source.readBytes),
            requests(\.destination.reads, \.destination.readBytes),
            requests(\.destination.writes, \.destination.writtenBytes),
            row.bars.map(\.description).joined(separator: "; "), outcomes.joined(separator: "; "),
        ]
        return "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
    }
}

/// The Markdown file with all tables. A run replaces the tables that it made; others stay.
struct ReportFile {
    private static let introduction = """
        # Benchmarks

        Written by `make bench`. Side by side in each table: the copier, Debian's rsync, `cp -a`, and the floor, a C
        program that makes the bare system calls without any care (`Tests/CFloor`). Source and destination are file
        systems in images behind loop devices with direct I/O; the source is ext4. The programs take turns, in another
        order each time. Time is the median, to the end of a sync of the destination; CPU is user and system time of
        all processes, without the kernel's own writers; memory is the sum of the highest that each process had.
        Requests and bytes are the kernel's counters of the two disks. A row's *asked for* compares with the fastest
        row whose name begins so.

        A spinning disk is imitated by a limit of requests. The kernel counts them before it merges neighbors, so
        reading ahead costs more than it would on a real disk, which hurts most who reads the most.
        """

    let path: String
    private var tables: [String: String] = [:]

    /// Reads what is there.
    init(_ path: String) {
        self.path = path
        var key: String?
        var lines: [Substring] = []
        for line in Host.lines(of: path) ?? [] {
            if line.hasPrefix("<!-- table ") {
                key = String(line.dropFirst("<!-- table ".count).dropLast(" -->".count))
                lines = []
            } else if line == "<!-- end -->", let name = key {
                tables[name] = lines.joined(separator: "\n")
                key = nil
            } else {
                lines.append(line)
            }
        }
    }

    /// Takes a table in and writes the file.
    mutating func add(_ table: Table, order: [Workload]) throws(BenchFailure) {
        tables["\(table.workload.name) \(table.fileSystem)"] = table.markdown
        var text = Self.introduction + "\n"
        for workload in order {
            let present = ["ext4", "xfs", "btrfs"].compactMap { kind in
                tables["\(workload.name) \(kind)"].map { (kind, $0) }
            }
            if present.isEmpty { continue }
            text += "\n## \(workload.name)\n"
            for (kind, table) in present {
                text += "\n<!-- table \(workload.name) \(kind) -->\n\(table)\n<!-- end -->\n"
            }
        }
        try Host.write(text, to: path)
    }
}
