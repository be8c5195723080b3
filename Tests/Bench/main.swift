// The benchmark: the copier, rsync, cp and bare system calls, side by side (docs/benchmarks.md).

internal import Glibc
import LinuxSystem

/// Ends what runs now; the benchmark then clears away and ends.
@Sendable
func endChild(_ signal: Int32) {
    let pid = Machine.processID
    for child in Host.lines(of: "/proc/\(pid)/task/\(pid)/children")?.first?.split(separator: " ") ?? [] {
        if let child = pid_t(child) { kill(child, SIGTERM) }
    }
}

func measureAll(_ settings: Settings, _ host: Host) throws(BenchFailure) {
    guard effectiveUserID() == 0 else {
        throw .unexpected("the benchmark mounts file systems: run it as root")
    }
    let cache = try Cache(settings.cache, host)
    try cache.clear()
    let result: Result<Void, BenchFailure>
    do {
        try measureAll(settings, cache)
        result = .success(())
    } catch {
        result = .failure(error)
    }
    try cache.clear()
    try result.get()
}

func measureAll(_ settings: Settings, _ cache: borrowing Cache) throws(BenchFailure) {
    let host = cache.host
    let standardOutput = try system { () throws(SystemError) in try duplicateDescriptor(1) }
    let circumstances = try Circumstances(settings, host)
    let workloads = Workload.all(Scale(settings.scale))
    var report = settings.report.map { ReportFile($0) }
    for workload in workloads where settings.workloads.isEmpty || settings.workloads.contains(workload.name) {
        for kind in settings.fileSystems.isEmpty ? workload.fileSystems : settings.fileSystems {
            Host.say("\(workload.name) on \(kind): \(workload.title)")
            let about = try circumstances.line(settings, host, runs: settings.runs ?? workload.runs)
            let source = try SourceDisk(in: cache)
            let rows = try Contest(workload, on: kind, settings, cache, source).run()
            try cache.clear()
            let table = Table(workload: workload, fileSystem: kind, rows: rows, circumstances: about)
            let heading = "\n## \(workload.name)\n\n"
            try system { () throws(SystemError) in
                try standardOutput.writeAll(Array((heading + table.markdown + "\n\n").utf8))
            }
            try report?.add(table, order: workloads)
        }
    }
}

let interruption = Interruption()
interruption.requestOnSignals(onSignal: endChild)
do throws(BenchFailure) {
    let settings = try Settings((1..<Int(CommandLine.argc)).map { CommandLine.arguments[$0] })
    try measureAll(settings, Host(interruption: interruption))
} catch {
    Host.say("extbackup-bench: \(error)")
    exit(interruption.isRequested ? 130 : 1)
}
