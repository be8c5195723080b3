// Writes extbackup(1): what people wrote of it, with the commands as the program describes itself.
//
// extbackup-manual TEMPLATE HELP, where HELP has the output of `extbackup --experimental-dump-help`. The page goes to
// standard output. So each option is described once, in the program's source.

internal import Glibc
import LinuxSystem

do {
    guard CommandLine.arguments.count == 3 else { throw ManualError("usage: extbackup-manual TEMPLATE HELP") }
    let paths = CommandLine.arguments.dropFirst().map { FileName($0) }
    let template = try contents(of: paths[0])
    let help = try ProgramHelp(decoding: try contents(of: paths[1]))
    let page = try ManualPage(of: help.command).filling(String(decoding: template, as: UTF8.self))
    try StandardStream.output.write(Array(page.utf8))
} catch {
    StandardError.write(Array("extbackup-manual: \(error)\n".utf8))
    exit(1)
}

private func contents(of path: FileName) throws -> [UInt8] {
    try Descriptor.open(path, [.read, .followLink]).readAll(limit: 1 << 24)
}

/// Why there is no page.
struct ManualError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
