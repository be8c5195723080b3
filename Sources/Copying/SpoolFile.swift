internal import LinuxSystem
internal import SystemPackage

/// A file without a name for what does not fit into memory; made when it is first needed.
final class SpoolFile {
    /// Where something is in it, in bytes.
    struct Segment {
        fileprivate let offset: Int64
        fileprivate let length: Int
    }

    private let folder: FileName
    private var file: SharedDescriptor?
    private var end: Int64 = 0

    init(in folder: FileName) {
        self.folder = folder
    }

    func append(_ bytes: [UInt8]) throws(CopyError) -> Segment {
        do throws(SystemError) {
            let file = try opened()
            let segment = Segment(offset: end, length: bytes.count)
            try file.descriptor.write(bytes, at: end)
            end += Int64(bytes.count)
            return segment
        } catch {
            throw .workFileFailed(error)
        }
    }

    func read(_ segment: Segment) throws(CopyError) -> [UInt8] {
        do throws(SystemError) {
            let bytes = try opened().descriptor.read(segment.length, at: segment.offset)
            if bytes.count == segment.length { return bytes }
            throw SystemError(call: "pread", subject: folder, errno: .ioError)
        } catch {
            throw .workFileFailed(error)
        }
    }

    private func opened() throws(SystemError) -> SharedDescriptor {
        if let file { return file }
        let opened = SharedDescriptor(try Descriptor.makeUnnamed(in: folder))
        file = opened
        return opened
    }
}
