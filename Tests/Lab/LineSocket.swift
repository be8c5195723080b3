// A unix socket over which lines of JSON go both ways.

internal import Glibc

/// The client's end of a unix socket. Not safe to use from two threads at once: its owners hold a lock.
struct LineSocket: ~Copyable {
    private let fd: Int32
    private var received: [UInt8] = []

    /// Connects, and tries again until the server is there or the deadline has passed.
    init(path: String, deadline: Deadline) throws(LabFailure) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw LabFailure("the socket's path '\(path)' is too long")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        while true {
            let fd = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            guard fd >= 0 else { throw .systemCall("socket", errno) }
            let length = socklen_t(MemoryLayout<sockaddr_un>.size)
            let status = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(fd, $0, length) }
            }
            let code = errno
            if status == 0 {
                self.fd = fd
                return
            }
            close(fd)
            if deadline.hasPassed { throw .systemCall("connect to '\(path)'", code) }
            pause(milliseconds: 5)
        }
    }

    deinit { close(fd) }

    /// Sends bytes; a peer that reads no more is a failure once the deadline has passed.
    func send(_ bytes: [UInt8], deadline: Deadline) throws(LabFailure) {
        var done = 0
        while done < bytes.count {
            try wait(for: Int16(POLLOUT), deadline: deadline, what: "to take a command")
            let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
            let count = bytes[done...].withUnsafeBytes { Glibc.send(fd, $0.baseAddress, $0.count, flags) }
            if count < 0 {
                let code = errno
                if code == EINTR || code == EAGAIN { continue }
                throw .systemCall("send", code)
            }
            done += count
        }
    }

    /// The next line that holds JSON; other lines are skipped.
    mutating func receive(deadline: Deadline) throws(LabFailure) -> JSONValue {
        while true {
            while let end = received.firstIndex(of: UInt8(ascii: "\n")) {
                // The guest agent marks a fresh start with a byte 0xff, which is part of no JSON text.
                let line = received[..<end].filter { $0 != 0xff }
                received.removeSubrange(...end)
                if let value = JSONValue.parse(line) { return value }
            }
            try wait(for: Int16(POLLIN), deadline: deadline, what: "to answer")
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            let count = recv(fd, &buffer, buffer.count, 0)
            if count < 0 {
                let code = errno
                if code == EINTR { continue }
                throw .systemCall("recv", code)
            }
            if count == 0 { throw LabFailure("the connection was closed") }
            received.append(contentsOf: buffer[..<count])
        }
    }

    private func wait(for events: Int16, deadline: Deadline, what: String) throws(LabFailure) {
        while true {
            var request = pollfd(fd: fd, events: events, revents: 0)
            let count = poll(&request, 1, deadline.millisecondsLeft)
            let code = errno
            if count > 0 { return }
            if count == 0 { throw LabFailure("timed out while waiting for the other side \(what)") }
            if code != EINTR { throw .systemCall("poll", code) }
        }
    }
}
