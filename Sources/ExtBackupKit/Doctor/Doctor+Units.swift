import Drives
import LinuxSystem
import SystemPackage

/// What an administrator switched off, or an installation left out: units and rules of udev.
extension Doctor {
    /// Whether udev's rules for drives and light are read.
    func checkRules() -> Finding {
        let files = machine.ruleFolders.map { $0.appending("70-extbackup.rules") }
        for file in files {
            switch contents(of: file) {
            case .missing: continue
            case .some: return .fine(.machine, nil, "udev has \(file)")
            case .nothing:
                return .failure(
                    .machine,
                    nil,
                    "\(file) is empty: it switches udev's rules for drives and light off",
                    hint: "run: rm \(file); udevadm control --reload"
                )
            }
        }
        return .failure(
            .machine,
            nil,
            "udev's rules for drives and light are not installed",
            hint: "install the package again, then run 'udevadm control --reload'"
        )
    }

    /// Whether udev did with a drive what the rules say; nil when it did, or is not asked.
    func checkHiding(of name: String, _ device: BlockDevice?) -> Finding? {
        guard let device, machine.isHiddenFromDesktops(device) == false else { return nil }
        return .warning(
            .automounter,
            name,
            "udev does not hide it: a desktop asks for its passphrase, or opens it",
            hint: "run 'udevadm control --reload' and plug it in again"
        )
    }

    /// Why systemd starts no agent although a drive's link is there; nil when it does.
    func checkAgent(of name: String) -> Finding? {
        let template = "extbackup@.service"
        for unit in ["extbackup@\(name).service", template] {
            for folder in unitFolders {
                let file = folder.appending(FileName(unit))
                switch contents(of: file) {
                case .missing: continue
                case .some: return nil
                case .nothing:
                    let option = folder == context.layout.unitFolder ? "" : "--runtime "
                    return .failure(
                        .unit,
                        name,
                        "\(file) masks it: plugging it in starts nothing",
                        hint: "run 'systemctl unmask \(option)\(unit)'"
                    )
                }
            }
        }
        return .failure(
            .unit,
            name,
            "there is no \(template): plugging it in starts nothing",
            hint: "install the package again, then run 'systemctl daemon-reload'"
        )
    }

    /// Whether somebody sends the mails that wait.
    func checkMailUnit() -> Finding {
        let unit = "extbackup-mail.path"
        switch machine.isUnitActive(FileName(unit)) {
        case true?: return .fine(.mail, nil, "\(unit) waits for mails to send")
        case false?:
            return .failure(
                .mail,
                nil,
                "\(unit) is not active: nobody sends the mails of failed backups",
                hint: "run 'systemctl enable --now \(unit)'"
            )
        case nil:
            return .note(
                .mail,
                nil,
                "whether \(unit) is active cannot be found out: systemd does not run this machine"
            )
        }
    }

    /// Folders with units; the first has precedence.
    private var unitFolders: [FileName] {
        let package = context.layout.unitFile.components.dropLast()
        return [context.layout.unitFolder] + machine.otherUnitFolders
            + [package.reduce(FileName("/")) { $0.appending($1) }]
    }

    /// What a file of systemd or udev says, of which one without a word, or a link to /dev/null, takes the place of others.
    private enum Contents {
        case missing, nothing, some
    }

    private func contents(of path: FileName) -> Contents {
        do {
            let file = try Descriptor.open(path, [.path, .followLink])
            let status = try file.status()
            return status.kind == .file && status.size > 0 ? .some : .nothing
        } catch {
            return .missing
        }
    }
}
