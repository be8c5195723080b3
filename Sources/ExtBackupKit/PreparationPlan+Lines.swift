public import Drives
import LinuxSystem

extension PreparationPlan {
    /// What will open the drive.
    public enum Openers: Sendable {
        /// This machine's key alone.
        case key
        /// The key, and elsewhere a passphrase.
        case keyAndPassphrase
    }

    /// What a person needs to see of what the disk becomes, and of what is written to this machine.
    public func lines(_ openers: Openers, in layout: HostLayout) -> [String] {
        let slots =
            switch openers {
            case .key: "slot \(keySlot) the key file, no passphrase"
            case .keyAndPassphrase: "slot \(keySlot) the key file, slot \(passphraseSlot) the passphrase"
            }
        return [
            "  it becomes: one partition with LUKS2 (\(slots)), in it \(fileSystem.rawValue) labeled \(FileName(label))"
        ] + layout.lines(ofFilesFor: name)
    }
}

extension AdoptionPlan {
    /// What a person needs to see of what is done to the drive, and of what is written to this machine.
    public func lines(in layout: HostLayout) -> [String] {
        [
            "  nothing is erased: \(device) gets one more key slot (the key file) and the LUKS label \(FileName(name.text)), "
                + "its file system the folder \(Marker.folder)"
        ] + layout.lines(ofFilesFor: name)
    }
}

extension HostLayout {
    /// What a drive brings to this machine. Names with its UUID are not known yet.
    fileprivate func lines(ofFilesFor name: DriveName) -> [String] {
        [
            "  written on this machine:",
            "    the key \(keyFile(of: name)), and a backup of the header in \(headerFolder)",
            "    the recovery sheet \(recoverySheet(of: name)), also as .html",
            "    \(driveFile(of: name)), and the link 'extbackup@\(name).service' below \(unitFolder)",
        ]
    }
}
