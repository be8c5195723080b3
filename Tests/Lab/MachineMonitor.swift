// QEMU's control socket (QMP, docs/interop/qmp-spec).

internal import Synchronization

/// Commands for the emulated machine. Safe to use from several threads.
final class MachineMonitor: Sendable {
    private struct State: ~Copyable {
        var socket: LineSocket
        var events: [JSONValue] = []
    }

    private let state: Mutex<State>

    init(path: String, timeout: Duration) throws(LabFailure) {
        let deadline = Deadline(after: timeout)
        var socket = try LineSocket(path: path, deadline: deadline)
        _ = try socket.receive(deadline: deadline)  // the greeting
        state = Mutex(State(socket: socket))
        try execute("qmp_capabilities")
    }

    /// Runs a command and returns what it returns.
    /// - Throws: when the machine refuses, or does not answer in time.
    @discardableResult
    func execute(
        _ command: String,
        _ arguments: JSONValue = [:],
        timeout: Duration = .seconds(30)
    ) throws(LabFailure) -> JSONValue {
        try state.withLock { (state) throws(LabFailure) -> JSONValue in
            do throws(LabFailure) {
                let deadline = Deadline(after: timeout)
                let request: JSONValue = ["execute": .string(command), "arguments": arguments]
                try state.socket.send(request.serialized() + [UInt8(ascii: "\n")], deadline: deadline)
                while true {
                    let answer = try state.socket.receive(deadline: deadline)
                    if answer["event"] != nil {
                        state.events.append(answer)
                    } else if let error = answer["error"] {
                        throw LabFailure(error["desc"]?.string ?? "unknown error")
                    } else if let value = answer["return"] {
                        return value
                    }
                }
            } catch {
                throw LabFailure("machine command '\(command)': \(error.message)", details: error.details)
            }
        }
    }
}
