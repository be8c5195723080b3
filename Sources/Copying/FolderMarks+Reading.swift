internal import LinuxSystem
internal import SystemPackage

extension EntrySelection {
    /// True for the name of a file that may say something about its folder: only a folder of the source that has
    /// one needs `marks(in:)`.
    func isMark(_ name: FileName) -> Bool {
        (ignoreFiles == .obeyed && name == IgnoreFile.name)
            || (taggedCaches == .leftEmpty && name == CacheTag.name)
    }

    /// Reads what a folder of the source says about itself, as far as it is asked for.
    func marks(in folder: borrowing Descriptor) -> FolderMarks {
        var marks = FolderMarks.none
        if ignoreFiles == .obeyed {
            do {
                let bytes = try MarkFile.open(IgnoreFile.name, in: folder)?.readAll(IgnoreFile.sizeLimit)
                if let bytes { marks.rules = .file(try IgnoreFile(parsing: bytes)) }
            } catch {
                marks.rules = .unusable(error)
            }
        }
        if taggedCaches == .leftEmpty {
            // A tag that cannot be opened is none, and is named when it is to be copied, ignoring.
            let tag = try? MarkFile.open(CacheTag.name, in: folder)
            if let tag { marks.isLeftEmpty = CacheTag.isValid(tag.readBeginning(CacheTag.signatureLength)) }
        }
        return marks
    }
}

/// A small regular file that says something about its folder.
private struct MarkFile: ~Copyable {
    private let file: Descriptor

    /// Opens it; nil when it is not there.
    ///
    /// The folder may be anybody's: links are not followed, and a device is not opened, which might start a tape.
    static func open(
        _ name: FileName,
        in folder: borrowing Descriptor
    ) throws(IgnoreFileError) -> MarkFile? {
        do {
            let status = try folder.status(of: name)
            if status.kind == .file {
                return MarkFile(
                    file: try folder.open(
                        name,
                        [.nonBlocking, .noAccessTime],
                        orWithout: .noAccessTime,
                        resolve: .beneath
                    )
                )
            }
        } catch {
            if error.errno == .noSuchFileOrDirectory { return nil }
            throw error.errno == .tooManySymbolicLinkLevels ? .notRegular : .unreadable(error)
        }
        throw .notRegular
    }

    /// All of it, if it is not longer than `limit`.
    consuming func readAll(_ limit: Int) throws(IgnoreFileError) -> [UInt8] {
        do {
            return try file.readAll(limit: limit)
        } catch {
            throw error.errno == .fileTooLarge ? .tooLarge : .unreadable(error)
        }
    }

    /// At most `count` bytes from its beginning; none when it cannot be read.
    consuming func readBeginning(_ count: Int) -> ArraySlice<UInt8> {
        var bytes = [UInt8](repeating: 0, count: count)
        // What cannot be read is no tag, ignoring.
        let length = try? bytes.withUnsafeMutableBytes { try file.read(into: $0) }
        return bytes.prefix(length ?? 0)
    }
}
