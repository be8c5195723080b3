// Runs one copy with deletions as a program of its own, so that a test can kill it.
//
//   copy-probe SOURCE DESTINATION MANIFEST [NUMBER]
//
// MANIFEST is `-` for none. With NUMBER the process ends as by SIGKILL before that system call, in debug builds. Prints
// what it names, and last how many system calls it made.

import LinuxSystem

struct UsageError: Error {}

let words = CommandLine.arguments.dropFirst().map { FileName($0) }
guard words.count == 3 || words.count == 4 else { throw UsageError() }
let source = try Descriptor.open(words[0], .directory)
let destination = try Descriptor.open(words[1], .directory)
let manifest = words[2] == "-" ? nil : words[2]
#if DEBUG
    let last = words.count == 4 ? Int(String(decoding: words[3].bytes, as: UTF8.self)) ?? 0 : 0
    let faults = FaultPlan { $0.number == last ? .die : .proceed }
    let lines = faults.run { namedFailures(source, destination, manifestAt: manifest).lines }
    for line in lines { print(line) }
    print(faults.count)
#else
    for line in namedFailures(source, destination, manifestAt: manifest).lines { print(line) }
#endif
