import Glibc
import LinuxSystem
import SystemPackage

/// A folder below /tmp that goes with this value.
struct TemporaryFolder: ~Copyable {
    let path: FileName

    init() throws {
        var template = Array("/tmp/extbackup-drives-XXXXXX".utf8CString)
        if mkdtemp(&template) == nil { throw SystemError(call: "mkdtemp", errno: currentErrno()) }
        path = FileName(bytes: template.map { UInt8(bitPattern: $0) })
    }

    deinit {
        // What cannot be removed is left to the system's own cleaning of /tmp, ignoring.
        _ = try? ChildProcess(["/bin/rm", "-rf", "--one-file-system", path]).run()
    }

    func open() throws -> Descriptor {
        try Descriptor.open(path, .directory)
    }

    /// A sparse file of zeros.
    func makeImage(_ name: FileName, byteCount: Int) throws -> FileName {
        let image = path.appending(name)
        let file = try Descriptor.open(image, [.write, .create, .exclusive])
        if ftruncate(file.rawValue, byteCount) != 0 {
            throw SystemError(call: "ftruncate", errno: currentErrno())
        }
        return image
    }

    func write(_ name: FileName, _ text: String, mode: UInt32 = 0o600) throws {
        let folder = try open()
        try folder.replaceFile(name, with: Array(text.utf8), mode: mode)
    }
}
