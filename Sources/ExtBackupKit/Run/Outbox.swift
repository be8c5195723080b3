public import LinuxSystem
public import Reporting
import SystemPackage

/// Mails that wait to be sent: one file each.
///
/// The agent runs under rules that no mail program would survive, and perhaps before there is a network. It
/// writes its mail here; `extbackup-mail.path` sees it and `extbackup mail deliver` sends it. What cannot be sent
/// stays and is tried again, so that a mail is late but not lost.
public struct Outbox: Sendable {
    private let folder: FileName

    /// Uses `folder`, usually `/var/lib/extbackup/outbox`; it is made when it is missing.
    public init(folder: FileName) {
        self.folder = folder
    }

    /// Puts a mail in. It is there, whole, also after a power cut.
    public func put(_ mail: MailMessage, named name: String) throws(SystemError) {
        try open().replaceFile(FileName(name + ".eml"), with: mail.bytes, mode: 0o600)
    }

    /// Sends all mails, oldest first.
    ///
    /// - Returns: how many were sent, and what went wrong with those that were not.
    public func deliver(
        through transport: some MailTransport
    ) throws(SystemError) -> (sent: Int, errors: [ReportingError]) {
        let directory = try open()
        var sent = 0
        var errors: [ReportingError] = []
        for name in try directory.entryNames().sorted() where Self.isMail(name) {
            do throws(ReportingError) {
                try transport.send(try Self.read(name, in: directory))
            } catch {
                errors.append(error)
                continue
            }
            try directory.removeFileIfPresent(name)
            sent += 1
        }
        return (sent, errors)
    }

    /// How many mails wait. Without the folder there are none.
    func waitingCount() throws(SystemError) -> Int {
        do {
            return try Descriptor.open(folder, [.directory, .followLink]).entryNames().filter(Self.isMail)
                .count
        } catch {
            if error.errno == .noSuchFileOrDirectory { return 0 }
            throw error
        }
    }

    /// Hidden files are being written.
    private static func isMail(_ name: FileName) -> Bool {
        name.bytes.first != UInt8(ascii: ".") && name.bytes.suffix(4) == Array(".eml".utf8)[...]
    }

    private static func read(
        _ name: FileName,
        in directory: borrowing Descriptor
    ) throws(ReportingError) -> [UInt8] {
        do {
            return try directory.open(name, [.read, .nonBlocking]).readAll(limit: 1 << 20)
        } catch {
            throw ReportingError(.mail, "the mail \(name) cannot be read: \(error.reason)")
        }
    }

    private func open() throws(SystemError) -> Descriptor {
        try Descriptor.makeFolder(folder, mode: 0o700)
    }
}
