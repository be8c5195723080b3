import ArgumentParser
import ExtBackupKit
import LinuxSystem
import Synchronization

/// A filter option's value that knows where it stood among all: the parser collects each option's values in a list of
/// its own, but the first rule that matches wins, whichever option gave it.
struct FilterArgument: ExpressibleByArgument {
    /// The parser converts values in the order of the command line.
    private static let count = Atomic<Int>(0)

    let position: Int
    let value: FileName

    init(argument: String) {
        position = Self.count.add(1, ordering: .relaxed).newValue
        value = FileName(argument: argument)
    }
}

extension [FilterOption] {
    /// The three options' values in the order of the command line.
    init(excludes: [FilterArgument], includes: [FilterArgument], excludeFiles: [FilterArgument]) {
        let placed =
            excludes.map { ($0.position, FilterOption.exclude($0.value)) }
            + includes.map { ($0.position, FilterOption.include($0.value)) }
            + excludeFiles.map { ($0.position, FilterOption.excludeFrom($0.value)) }
        self = placed.sorted { $0.0 < $1.0 }.map(\.1)
    }
}
