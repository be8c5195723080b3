// Runs one copy with deletions as a program of its own, so that a test can kill it.
//
//   copy-probe SOURCE DESTINATION MANIFEST EARLIER [NUMBER]
//
// MANIFEST and EARLIER, the folder for earlier versions, are `-` for none. With NUMBER the process ends as by SIGKILL
// before that system call, in debug builds. Prints what it names, and last how many system calls it made.

import LinuxSystem

struct UsageError: Error {}

let words = CommandLine.arguments.dropFirst().map { FileName($0) }
guard words.count == 4 || words.count == 5 else { throw UsageError() }
let source = try Descriptor.open(words[0], .directory)
let destination = try Descriptor.open(words[1], .directory)
let manifest = words[2] == "-" ? nil : words[2]
let earlier = words[3] == "-" ? nil : words[3]
#if DEBUG
    let last = words.count == 5 ? Int(String(decoding: words[4].bytes, as: UTF8.self)) ?? 0 : 0
    let faults = FaultPlan { $0.number == last ? .die : .proceed }
    let lines = faults.run {
        namedFailures(source, destination, manifestAt: manifest, keepingIn: earlier).lines
    }
    for line in lines { print(line) }
    print(faults.count)
#else
    let lines = namedFailures(source, destination, manifestAt: manifest, keepingIn: earlier).lines
    for line in lines { print(line) }
#endif
