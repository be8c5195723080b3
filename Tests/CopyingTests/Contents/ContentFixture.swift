import Fuzzing
import LinuxSystem
import Testing

@testable import Copying

/// A source folder, an image for the destination, and a copier with a key between them.
final class ContentFixture {
    let source: TemporaryFolder
    let image: Image
    private(set) var mirror: Descriptor
    let key: ContentKey
    private let copier: ContentCopier

    /// - Parameter kind: the destination's file system; the source is on the machine's own.
    init(_ kind: String, megabytes: Int = 400) throws {
        source = try TemporaryFolder()
        image = try Image(kind, megabytes: megabytes, options: kind == "xfs" ? ["-m", "reflink=1"] : [])
        mirror = try image.root()
        let key = try #require(ContentKey(bytes: 0..<16))
        self.key = key
        copier = ContentCopier(key: key, interruption: Interruption())
    }

    /// What one attempt gave.
    struct Result {
        let hash: ContentHash
        let bytesWritten: Int64
        let parts: [Int: [ContentHash]]

        /// As a manifest would answer.
        var earlier: EarlierContents {
            let parts = parts
            return .listed { parts[$0] ?? [] }
        }
    }

    struct Incomplete: Error { let attempt: String }

    private final class Sink {
        var parts: [Int: [ContentHash]] = [:]
        var done: Int64 = 0
        func append(_ part: BlockPart) { parts[part.index] = part.hashes }
    }

    /// Mounts the image anew, so that nothing of it is in the page cache.
    func remount() throws {
        try mirror.syncFileSystem()
        mirror = try source.folder.duplicate()
        try image.unmount()
        try image.mount()
        mirror = try image.root()
    }

    func copy(_ name: FileName, as target: FileName) throws -> Result {
        let from = try source.folder.open(name, .read)
        let to = try mirror.open(target, [.write, .create, .exclusive])
        let sink = Sink()
        let attempt = try copier.copy(from: from, from.status(), to: to, blocks: sink.append) {
            sink.done += $0
        }
        return try result(attempt, sink, try from.status().size)
    }

    func patch(_ target: FileName, holding earlier: EarlierContents, from name: FileName) throws -> Result {
        let from = try source.folder.open(name, .read)
        let to = try mirror.open(target, .readWrite)
        let sink = Sink()
        let attempt = try copier.patch(to, holding: earlier, from: from, from.status(), blocks: sink.append) {
            sink.done += $0
        }
        return try result(attempt, sink, try from.status().size)
    }

    /// Clones `earlier`, patches the clone, and puts it in its place; false where nothing can be cloned.
    func clone(_ earlier: FileName, to target: FileName) throws -> Bool {
        let to = try mirror.open(target, [.readWrite, .create, .exclusive])
        return try ContentCopier.clone(mirror.open(earlier, .read), to: to)
    }

    private func result(_ attempt: ContentCopier.Attempt, _ sink: Sink, _ size: Int64) throws -> Result {
        guard case .complete(let contents) = attempt else { throw Incomplete(attempt: "\(attempt)") }
        #expect(sink.done == size)
        return Result(
            hash: try #require(contents.hash),
            bytesWritten: contents.bytesWritten,
            parts: sink.parts
        )
    }

    /// Expects the mirror's file to hold the bytes and holes of the source's, and the result to tell its hashes.
    func expectEqual(
        _ name: FileName,
        _ target: FileName,
        _ result: Result,
        _ comment: String = "",
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let from = try source.folder.open(name, .read)
        let to = try mirror.open(target, .read)
        // XFS reserves more than it is given, and counts that as data until it is written back.
        try mirror.syncFileSystem()
        let bytes = try from.contents()
        let same = try to.contents() == bytes
        #expect(same, "\(comment) contents of \(name)", sourceLocation: sourceLocation)
        let (wanted, found) = (try from.dataMap(), try to.dataMap())
        #expect(wanted == found, "\(comment) holes of \(name)", sourceLocation: sourceLocation)

        let blocks = stride(from: 0, to: bytes.count, by: 65536).map { start in
            hash(bytes[start..<min(start + 65536, bytes.count)])
        }
        let isLarge = bytes.count >= 1 << 20
        let expected = isLarge ? hash(blocks.packed[...]) : hash(bytes[...])
        #expect(result.hash == expected, "\(comment) hash of \(name)", sourceLocation: sourceLocation)
        for (index, part) in result.parts {
            let known = Array(blocks[(index * 1024)...].prefix(1024))
            #expect(part == known, "\(comment) part \(index) of \(name)", sourceLocation: sourceLocation)
        }
        let zero = hash([UInt8](repeating: 0, count: 65536)[...])
        for index in 0..<(isLarge ? (blocks.count + 1023) / 1024 : 0) where result.parts[index] == nil {
            let isHole = blocks[(index * 1024)...].prefix(1024).allSatisfy { $0 == zero }
            #expect(isHole, "\(comment) part \(index) of \(name) is missing", sourceLocation: sourceLocation)
        }
        if !isLarge { #expect(result.parts.isEmpty, sourceLocation: sourceLocation) }
    }

    private func hash(_ bytes: ArraySlice<UInt8>) -> ContentHash {
        bytes.withUnsafeBytes { key.hash($0) }
    }
}

extension Descriptor {
    /// All bytes of the file.
    func contents() throws -> [UInt8] {
        let size = Int(try status().size)
        return try [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count = try readAll(into: UnsafeMutableRawBufferPointer(buffer), at: 0)
        }
    }

    /// Where data is.
    func dataMap() throws -> [Range<Int64>] {
        let size = try status().size
        var map: [Range<Int64>] = []
        var position: Int64 = 0
        while position < size, let data = try nextData(from: position) {
            position = try nextHole(from: data)
            map.append(data..<position)
        }
        return map
    }

    func write(_ bytes: [UInt8], at offset: Int64) throws {
        try bytes.withUnsafeBytes { try write($0, at: offset) }
    }
}

extension Dice {
    /// Bytes that are random enough to differ everywhere.
    mutating func bytes(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, size in
            for index in 0..<count / 8 {
                UnsafeMutableRawBufferPointer(buffer).storeBytes(
                    of: next(),
                    toByteOffset: index * 8,
                    as: UInt64.self
                )
            }
            for index in count / 8 * 8..<count { buffer[index] = UInt8(truncatingIfNeeded: next()) }
            size = count
        }
    }
}
