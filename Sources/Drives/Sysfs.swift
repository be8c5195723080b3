internal import LinuxSystem
internal import SystemPackage

/// The kernel's own small files, in /sys and /proc. What cannot be read is not there: entries come and go.
enum Sysfs {
    /// The file's text without the newline at its end; nil when it cannot be read.
    static func text(_ path: FileName, limit: Int = 1 << 16) -> String? {
        guard let bytes = bytes(path, limit: limit) else { return nil }
        let line = bytes.last == UInt8(ascii: "\n") ? bytes.dropLast() : bytes[...]
        return String(decoding: line, as: UTF8.self)
    }

    /// The file's contents; nil when it cannot be read.
    static func bytes(_ path: FileName, limit: Int) -> [UInt8]? {
        do {
            return try Descriptor.open(path, [.read, .followLink]).readAll(limit: limit)
        } catch {
            return nil
        }
    }

    /// The names in a folder; none when it cannot be read.
    static func names(in folder: FileName) -> [FileName] {
        do {
            return try Descriptor.open(folder, [.directory, .followLink]).entryNames()
        } catch {
            return []
        }
    }

    /// Where a link leads; nil when it cannot be read.
    static func linkTarget(_ name: FileName, in folder: FileName) -> FileName? {
        do {
            return try Descriptor.open(folder, [.directory, .followLink]).symbolicLinkTarget(name)
        } catch {
            return nil
        }
    }

    /// The path without symbolic links; nil when it leads nowhere.
    static func resolved(_ path: FileName) -> FileName? {
        do {
            return try resolvedPath(path)
        } catch {
            return nil
        }
    }
}

extension FileName {
    /// True when the path is `folder` or lies below it.
    func isWithin(_ folder: FileName) -> Bool {
        bytes.starts(with: folder.bytes)
            && (bytes.count == folder.bytes.count || bytes[folder.bytes.count] == UInt8(ascii: "/"))
    }
}
