// The agent in the guest (qemu-guest-agent) that runs commands for us.

internal import Synchronization

/// Runs programs in the guest. Safe to use from several threads; commands of several threads run side by side.
final class GuestAgent: Sendable {
    private let socket: Mutex<LineSocket>

    init(path: String, timeout: Duration) throws(LabFailure) {
        let socket = try LineSocket(path: path, deadline: Deadline(after: timeout))
        self.socket = Mutex(socket)
    }

    /// Waits until the agent answers, also when it was not there yet or was cut off in the middle of an answer.
    func synchronize(timeout: Duration) throws(LabFailure) {
        let deadline = Deadline(after: timeout)
        try socket.withLock { (socket) throws(LabFailure) in
            while true {
                let id = Int64.random(in: 1...Int64(Int32.max))
                let attempt = Deadline(after: .seconds(2))
                let request: JSONValue = ["execute": "guest-sync", "arguments": ["id": .integer(id)]]
                let answer: JSONValue?
                do throws(LabFailure) {
                    // The byte 0xff makes the agent forget half a command that it may hold.
                    try socket.send([0xff] + request.serialized() + [UInt8(ascii: "\n")], deadline: attempt)
                    answer = try Self.receive(from: &socket, id: id, deadline: attempt)
                } catch {
                    if deadline.hasPassed {
                        throw LabFailure("the guest's agent is not there: \(error.message)")
                    }
                    answer = nil
                }
                if answer != nil { return }
                pause(milliseconds: 50)
            }
        }
    }

    /// Runs a program and returns how it ended. The guest ends it when `timeout` passes (status 124).
    /// - Throws: when the agent does not answer, or the program is still not gone 30 s after its time.
    func run(
        _ arguments: [String],
        input: [UInt8],
        timeout: Duration
    ) throws(LabFailure) -> CommandResult {
        let deadline = Deadline(after: timeout + .seconds(30))
        // The command leaves the agent's control group: there, journald drops all that is not a warning, because
        // the agent logs each of our questions.
        let group = "/sys/fs/cgroup/lab"
        let leave = "mkdir -p \(group) && echo $$ > \(group)/cgroup.procs; exec \"$@\""
        let limited = ["-c", leave, "lab", "timeout", "-k", "3", "\(timeout.wholeSeconds)"] + arguments
        var request: [String: JSONValue] = [
            "path": "/bin/sh", "arg": .array(limited.map { .string($0) }), "capture-output": true,
            // systemd's service for the agent sets no HOME, and a PATH that a login would not have.
            "env": [
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root",
                "LANG=C.UTF-8",
            ],
        ]
        if !input.isEmpty { request["input-data"] = .string(Base64.encode(input)) }
        let started = try execute("guest-exec", .object(request), deadline: deadline)
        guard let pid = started["pid"] else { throw LabFailure("guest-exec gave no process id") }
        var interval: UInt32 = 5
        while true {
            let status = try execute("guest-exec-status", ["pid": pid], deadline: deadline)
            if status["exited"]?.bool == true {
                let signal = status["signal"]?.integer.map { 128 + $0 }
                return CommandResult(
                    status: Int32(clamping: status["exitcode"]?.integer ?? signal ?? 255),
                    stdoutBytes: status["out-data"]?.string.map { Base64.decode($0) } ?? [],
                    stderrBytes: status["err-data"]?.string.map { Base64.decode($0) } ?? []
                )
            }
            if deadline.hasPassed { throw LabFailure("still running 30 s after its time limit") }
            pause(milliseconds: interval)
            interval = min(interval + 5, 100)
        }
    }

    private func execute(
        _ command: String,
        _ arguments: JSONValue,
        deadline: Deadline
    ) throws(LabFailure) -> JSONValue {
        try socket.withLock { (socket) throws(LabFailure) -> JSONValue in
            do throws(LabFailure) {
                let request: JSONValue = ["execute": .string(command), "arguments": arguments]
                try socket.send(request.serialized() + [UInt8(ascii: "\n")], deadline: deadline)
                let answer = try socket.receive(deadline: deadline)
                guard let value = answer["return"] else {
                    throw LabFailure(answer["error"]?["desc"]?.string ?? "unknown answer")
                }
                return value
            } catch {
                throw LabFailure("agent command '\(command)': \(error.message)", details: error.details)
            }
        }
    }

    private static func receive(
        from socket: inout LineSocket,
        id: Int64,
        deadline: Deadline
    ) throws(LabFailure) -> JSONValue {
        while true {
            let answer = try socket.receive(deadline: deadline)
            if answer["return"]?.integer == id { return answer }
        }
    }
}
