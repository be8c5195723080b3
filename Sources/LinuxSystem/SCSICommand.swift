internal import CLinux
import SystemPackage

/// A SCSI command without data, for a disk or what a USB bridge makes of it.
public enum SCSICommand: Sendable {
    /// SYNCHRONIZE CACHE(10) of the whole disk (SBC-3, 35h).
    case synchronizeCache
    /// START STOP UNIT with START=0 (SBC-3, 1Bh): the disk writes its cache and spins down.
    case stopUnit

    fileprivate var block: [UInt8] {
        switch self {
        case .synchronizeCache: [0x35, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        case .stopUnit: [0x1b, 0, 0, 0, 0, 0]
        }
    }
}

extension Descriptor {
    /// Sends a command to the disk that is open here (SG_IO). Blocks, at most a minute.
    ///
    /// A descriptor without write access needs `CAP_SYS_RAWIO` for `synchronizeCache`.
    ///
    /// - Throws: what the kernel said (`ENOTTY`: no SCSI disk); `EIO` when the disk or its bridge refused.
    public func send(_ command: SCSICommand) throws(SystemError) {
        var outcome: [UInt8] = [0, 0, 0, 0]
        let block = command.block
        try check("ioctl(SG_IO)") {
            ext_scsi_command(rawValue, block, UInt8(block.count), 60_000, &outcome)
        }
        // Sense key 1 is "recovered error": done (SPC-4, table 48).
        let isRefused = outcome[0] != 0 && outcome[3] != 1
        if isRefused || outcome[1] != 0 {
            throw SystemError(call: "ioctl(SG_IO)", errno: .ioError)
        }
    }
}
