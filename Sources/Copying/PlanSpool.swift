internal import LinuxSystem
internal import SystemPackage

/// A sequence of planned folders that is written once and read several times.
///
/// A plan may hold millions of steps while the machine has little memory: what is more than a few MiB goes to a file
/// without a name.
final class PlanSpool {
    private static let segmentSize = 4 << 20

    private let workFolder: FileName
    private var file: SharedDescriptor?
    /// Where the parts of the file are; each holds whole records.
    private var segments: [(offset: Int64, length: Int)] = []
    private var writer = RecordWriter()
    private(set) var stepCount = 0

    /// - Parameter workFolder: where the file is made once it is needed.
    init(workFolder: FileName) {
        self.workFolder = workFolder
    }

    var isEmpty: Bool { segments.isEmpty && writer.bytes.isEmpty }

    func append(_ planned: PlannedFolder) throws(CopyError) {
        stepCount += planned.steps.count
        writer.append(planned)
        if writer.bytes.count < Self.segmentSize { return }
        do throws(SystemError) {
            let file = try openFile()
            let offset = segments.last.map { $0.offset + Int64($0.length) } ?? 0
            try file.descriptor.write(writer.bytes, at: offset)
            segments.append((offset, writer.bytes.count))
        } catch {
            throw .workFileFailed(error)
        }
        writer.bytes.removeAll(keepingCapacity: true)
    }

    /// Calls `body` with every folder in order.
    func forEach(_ body: (PlannedFolder) throws(CopyError) -> Void) throws(CopyError) {
        for segment in segments {
            var reader = RecordReader(try read(segment.offset, segment.length))
            while let planned = reader.nextFolder() { try body(planned) }
        }
        var reader = RecordReader(writer.bytes)
        while let planned = reader.nextFolder() { try body(planned) }
    }

    private func openFile() throws(SystemError) -> SharedDescriptor {
        if let file { return file }
        let opened = SharedDescriptor(try Descriptor.makeUnnamed(in: workFolder))
        file = opened
        return opened
    }

    private func read(_ offset: Int64, _ length: Int) throws(CopyError) -> [UInt8] {
        guard let file else { fatalError("a segment is in the file") }
        do throws(SystemError) {
            let bytes = try file.descriptor.read(length, at: offset)
            if bytes.count < length { throw SystemError(call: "pread", subject: workFolder, errno: .ioError) }
            return bytes
        } catch {
            throw .workFileFailed(error)
        }
    }
}

/// Puts planned folders into bytes: numbers as LEB128, names with their length in front.
struct RecordWriter {
    var bytes: [UInt8] = []

    mutating func append(_ planned: PlannedFolder) {
        append(planned.path)
        bytes.append(planned.state.rawValue)
        bytes.append(planned.differences.rawValue)
        bytes.append(planned.timeChanges ? 1 : 0)
        append(planned.number)
        append(planned.parent)
        append(planned.steps.count)
        for step in planned.steps { append(step) }
    }

    private mutating func append(_ step: PlannedStep) {
        append(step.name)
        bytes.append(step.kind.code)
        bytes.append(step.differences.rawValue)
        switch step.action {
        case .copy(let replacing, let size, let group):
            bytes.append(0)
            bytes.append(replacing.rawValue)
            append(Int(size))
            append(group.map { $0 + 1 } ?? 0)
        case .repair: bytes.append(1)
        case .link(let group, let replacing, let size, let mirrorIsEqual):
            bytes.append(mirrorIsEqual ? 3 : 2)
            bytes.append(replacing.rawValue)
            append(Int(size))
            append(group)
        case .remove: bytes.append(4)
        case .removeLeftover: bytes.append(5)
        case .check(let size, let hash):
            bytes.append(6)
            append(Int(size))
            bytes += hash.bytes
        case .move(let place):
            bytes.append(7)
            append(place.folder)
            append(place.name)
        case .record(let child):
            bytes.append(8)
            append(child)
        case .forget: bytes.append(9)
        case .linkReference(let tree, let replacing, let size, let group):
            bytes.append(10)
            append(tree)
            bytes.append(replacing.rawValue)
            append(Int(size))
            append(group.map { $0 + 1 } ?? 0)
        }
    }

    private mutating func append(_ number: FolderNumber) {
        append(Int(number.rawValue))
    }

    private mutating func append(_ name: FileName) {
        append(name.bytes.count)
        bytes += name.bytes
    }

    private mutating func append(_ number: Int) {
        var rest = UInt(number)
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

/// Takes planned folders out of the bytes that a `RecordWriter` made.
struct RecordReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func nextFolder() -> PlannedFolder? {
        if position == bytes.count { return nil }
        let path = name()
        guard let state = PlannedFolder.State(rawValue: byte()) else { Self.fail() }
        var planned = PlannedFolder(path: path, state: state, differences: Differences(rawValue: byte()))
        planned.timeChanges = byte() == 1
        planned.number = folderNumber()
        planned.parent = folderNumber()
        let count = number()
        planned.steps.reserveCapacity(count)
        for _ in 0..<count { planned.steps.append(step()) }
        return planned
    }

    private mutating func step() -> PlannedStep {
        let name = name()
        guard let kind = EntryKind(code: byte()) else { Self.fail() }
        let differences = Differences(rawValue: byte())
        let action: PlannedStep.Action
        switch byte() {
        case 0:
            let replacing = replaced()
            let size = Int64(number())
            let group = number()
            action = .copy(replacing: replacing, size: size, group: group == 0 ? nil : group - 1)
        case 1: action = .repair
        case 2: action = link(mirrorIsEqual: false)
        case 3: action = link(mirrorIsEqual: true)
        case 4: action = .remove
        case 5: action = .removeLeftover
        case 6: action = .check(size: Int64(number()), hash: hash())
        case 7: action = .move(from: ManifestPlace(folder: folderNumber(), name: self.name()))
        case 8: action = .record(child: folderNumber())
        case 9: action = .forget
        case 10: action = linkReference()
        default: Self.fail()
        }
        return PlannedStep(name: name, kind: kind, action: action, differences: differences)
    }

    private mutating func link(mirrorIsEqual: Bool) -> PlannedStep.Action {
        let replacing = replaced()
        let size = Int64(number())
        return .link(group: number(), replacing: replacing, size: size, mirrorIsEqual: mirrorIsEqual)
    }

    private mutating func linkReference() -> PlannedStep.Action {
        let tree = number()
        let replacing = replaced()
        let size = Int64(number())
        let group = number()
        return .linkReference(
            tree: tree,
            replacing: replacing,
            size: size,
            group: group == 0 ? nil : group - 1
        )
    }

    private mutating func folderNumber() -> FolderNumber {
        FolderNumber(rawValue: Int64(number()))
    }

    private mutating func hash() -> ContentHash {
        defer { position += 16 }
        guard let hash = ContentHash(bytes: bytes[position..<(position + 16)]) else { Self.fail() }
        return hash
    }

    private mutating func replaced() -> PlannedStep.Replaced {
        guard let replaced = PlannedStep.Replaced(rawValue: byte()) else { Self.fail() }
        return replaced
    }

    private mutating func name() -> FileName {
        let count = number()
        defer { position += count }
        return FileName(bytes: bytes[position..<(position + count)])
    }

    private mutating func byte() -> UInt8 {
        defer { position += 1 }
        return bytes[position]
    }

    private mutating func number() -> Int {
        var value: UInt = 0
        var shift: UInt = 0
        while true {
            let next = byte()
            value |= UInt(next & 0x7F) << shift
            if next < 0x80 { return Int(value) }
            shift += 7
        }
    }

    private static func fail() -> Never {
        fatalError("a spool holds what its writer wrote")
    }
}
