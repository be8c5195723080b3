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

/// What a run knows of the destination beforehand.
enum Memory: CaseIterable, Sendable {
    /// What it finds there.
    case none
    /// What the manifest beside it says.
    case manifest

    fileprivate func manifest(_ name: String, _ home: TemporaryFolder) -> FileName? {
        switch self {
        case .none: nil
        case .manifest: FileName("\(home.path)/\(name).manifest")
        }
    }
}

/// Whether what a run replaces and removes goes to a folder beside the destination.
enum Keeping: CaseIterable, Sendable {
    case nothing
    case earlierVersions
}

/// A source, what its mirror held before, and what it shall hold.
final class FaultBench: Sendable {
    let home: TemporaryFolder
    let source: Descriptor
    let start: Start
    let memory: Memory
    let keeping: Keeping
    private let template: Descriptor
    let states: MiddleState
    let wanted: TreeFacts

    init(_ start: Start, _ memory: Memory = .none, _ keeping: Keeping = .nothing) throws {
        home = try TemporaryFolder(in: "/dev/shm")
        source = try home.makeFolder("source")
        template = try home.makeFolder("template")
        self.start = start
        self.memory = memory
        self.keeping = keeping
        try TwoStates.make(in: source)
        if start == .older {
            try copy(source, to: template, manifestAt: memory.manifest("template", home))
            try TwoStates.change(source)
        }
        wanted = try TreeFacts(source)
        states = MiddleState(old: try TreeFacts(template), new: wanted)
    }

    /// A destination as it was before the run, in `folder` or the bench's own.
    func makeDestination(_ name: String) throws -> Descriptor {
        let destination = try home.makeFolder(name)
        if earlier(name) != nil { _ = try home.makeFolder(name + ".earlier") }
        if start == .empty { return destination }
        try copy(template, to: destination)
        if manifest(name) != nil {
            try run("/bin/cp", "\(home.path)/template.manifest", "\(home.path)/\(name).manifest")
        }
        return destination
    }

    /// Where the manifest of a destination is; nil when there is none.
    func manifest(_ name: String) -> FileName? {
        memory.manifest(name, home)
    }

    /// Where earlier versions of a destination go; nil when they are not kept.
    func earlier(_ name: String) -> FileName? {
        switch keeping {
        case .nothing: nil
        case .earlierVersions: FileName("\(home.path)/\(name).earlier")
        }
    }

    private func kept() throws -> TreeFacts? {
        try earlier("destination").map { try TreeFacts(Descriptor.open($0, .directory)) }
    }

    /// Looks at what a broken run left, repairs it with an unbroken one, and looks again.
    func check(
        _ destination: borrowing Descriptor,
        _ ending: Ending,
        _ comment: String,
        second opinion: Bool = false
    ) throws {
        let middle = try TreeFacts(destination)
        let kept = try kept()
        #expect(states.problems(in: middle, kept: kept) == [], "\(comment)")
        switch ending {
        case .broken: #expect(states.lostMoves(in: middle, kept: kept) == [], "\(comment)")
        case .partial: break
        }
        let manifest = manifest("destination")
        let outcome = try copy(
            source,
            to: destination,
            manifestAt: manifest,
            keepingIn: earlier("destination")
        ).outcome
        if let keptAfter = try self.kept() {
            let lost = states.lostVersions(in: wanted, kept: keptAfter)
            #expect(lost == [], "\(comment)")
            #expect(keptAfter.contents.keys.filter(MiddleState.isUnfinished) == [], "\(comment)")
        }
        #expect(outcome.skipped.listed == [], "\(comment)")
        let differences = wanted.differences(from: try TreeFacts(destination))
        #expect(differences == [], "\(comment)")
        if let manifest {
            let opened = try Manifest.open(at: manifest)
            // A run that had nothing to do has not opened it.
            #expect(opened.state == .sealed, "\(comment)")
            try expectManifestTrue(opened, source, destination, hashes: .some, comment)
        }
        if opinion && differences.isEmpty { try expectEqual(source, destination, comment) }
    }

    func remove(_ name: String) throws {
        try run("/bin/rm", "-r", home.path + "/" + name)
        try run("/bin/rm", "-rf", "\(home.path)/\(name).manifest", "\(home.path)/\(name).earlier")
    }
}
