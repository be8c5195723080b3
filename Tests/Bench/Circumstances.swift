import LinuxSystem

/// What a reader needs to judge a figure: command, machine, versions.
struct Circumstances {
    private let text: String

    init(_ settings: Settings, _ host: Host) throws(BenchFailure) {
        let cpu = (Host.lines(of: "/proc/cpuinfo") ?? []).first { $0.hasPrefix("model name") }
        let model = cpu?.split(separator: ":").last.map { $0.drop { $0 == " " } } ?? "unknown processor"
        let kernel = Host.lines(of: "/proc/sys/kernel/osrelease")?.first ?? "unknown"
        let rsync = try host.run(["/usr/bin/rsync", "--version"]).split(separator: "\n").first ?? ""
        let version = rsync.split(separator: " ").dropFirst().prefix(2).joined(separator: " ")
        text = [
            "Linux \(kernel)", "\(Machine.processorCount) × \(model)",
            "\(Machine.memoryBytes >> 30) GiB of memory", try Self.disk(of: settings.cache, host),
            "rsync \(version)",
        ].joined(separator: ", ")
    }

    private static func disk(of folder: String, _ host: Host) throws(BenchFailure) -> String {
        let found = try host.run(["/usr/bin/findmnt", "-n", "-o", "SOURCE,FSTYPE", "-T", folder])
        let fields = found.split(whereSeparator: \.isWhitespace)
        guard fields.count == 2, let name = fields[0].split(separator: "/").last else {
            return "unknown disk"
        }
        let model = Host.lines(of: "/sys/class/block/\(name)/device/model")?.first.map { " (\($0))" } ?? ""
        let isSpinning = Host.lines(of: "/sys/class/block/\(name)/queue/rotational")?.first == "1"
        return "images on \(fields[1]) on \(name)\(model)\(isSpinning ? ", said to spin" : "")"
    }

    /// For one table: when it was made, and how busy the machine was before.
    func line(_ settings: Settings, _ host: Host, runs: Int) throws(BenchFailure) -> String {
        let date = try host.run(["/usr/bin/date", "-u", "+%F %H:%M UTC"]).split(separator: "\n").first ?? ""
        let load = Host.lines(of: "/proc/loadavg")?.first?.split(separator: " ").first ?? "?"
        return
            "`\(settings.command)`, \(date), \(runs) run\(runs == 1 ? "" : "s"), load before \(load). \(text)."
    }
}
