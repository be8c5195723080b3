import Copying
import LinuxSystem
import Testing

/// What a run starts from.
enum Start: CaseIterable, Sendable {
    /// An empty destination.
    case empty
    /// A mirror of an older state.
    case older
}

/// A source, what its mirror held before, and what it shall hold.
final class FaultBench: Sendable {
    let home: TemporaryFolder
    let source: Descriptor
    let start: Start
    private let template: Descriptor
    let states: MiddleState
    let wanted: TreeFacts

    /// - Parameter place: where the mirrors are made.
    init(_ start: Start) throws {
        home = try TemporaryFolder(in: "/dev/shm")
        source = try home.makeFolder("source")
        template = try home.makeFolder("template")
        self.start = start
        try TwoStates.make(in: source)
        if start == .older {
            try copy(source, to: template)
            try TwoStates.change(source)
        }
        wanted = try TreeFacts(source)
        states = MiddleState(old: try TreeFacts(template), new: wanted)
    }

    /// A destination as it was before the run, in `folder` or the bench's own.
    func makeDestination(_ name: String) throws -> Descriptor {
        let destination = try home.makeFolder(name)
        if start == .older { try copy(template, to: destination) }
        return destination
    }

    /// Looks at what a broken run left, repairs it with an unbroken one, and looks again.
    func check(
        _ destination: borrowing Descriptor,
        _ ending: Ending,
        _ comment: String,
        second opinion: Bool = false
    ) throws {
        let middle = try TreeFacts(destination)
        #expect(states.problems(in: middle) == [], "\(comment)")
        switch ending {
        case .broken: #expect(states.lostMoves(in: middle) == [], "\(comment)")
        case .partial: break
        }
        let outcome = try copy(source, to: destination).outcome
        #expect(outcome.skipped.listed == [], "\(comment)")
        let differences = wanted.differences(from: try TreeFacts(destination))
        #expect(differences == [], "\(comment)")
        if opinion && differences.isEmpty { try expectEqual(source, destination, comment) }
    }

    func remove(_ name: String) throws {
        try run("/bin/rm", "-r", home.path + "/" + name)
    }
}
