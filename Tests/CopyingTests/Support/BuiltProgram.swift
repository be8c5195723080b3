import Glibc
import LinuxSystem

/// Programs that the package builds lie beside the one that runs the tests.
enum BuiltProgram {
    static func path(_ name: FileName) throws -> FileName {
        let own = try Descriptor.open("/proc/self", [.directory, .followLink]).symbolicLinkTarget("exe").bytes
        let folder = own[..<(own.lastIndex(of: UInt8(ascii: "/")) ?? own.startIndex)]
        return FileName(bytes: folder).appending(name)
    }
}

/// A number that a person may set to make a suite longer; `make test` takes the one that stands here.
func setting(_ name: String, otherwise value: Int) -> Int {
    getenv(name).flatMap { Int(String(cString: $0)) } ?? value
}

/// Moves a name to another folder, over what is there, if something is.
func move(
    _ name: FileName,
    in folder: borrowing Descriptor,
    to other: borrowing Descriptor,
    as newName: FileName
) throws {
    try check("renameat", name) {
        name.withCString { from in newName.withCString { renameat(folder.rawValue, from, other.rawValue, $0) }
        }
    }
}

/// Numbers of system calls, every few of them with another beginning each time; with EXTBACKUP_STEP=1 all.
func everyFew(_ count: Int) -> StrideThrough<Int> {
    let step = max(1, setting("EXTBACKUP_STEP", otherwise: 6))
    return stride(from: Int.random(in: 1...step), through: count, by: step)
}
