internal import LinuxSystem

/// In what two entries of the same name and kind differ.
extension Planner {
    /// Size, time in nanoseconds, the target of a link, the number of a device. Nil when the source cannot be read.
    mutating func contentDifferences(
        _ name: FileName,
        _ source: EntryStatus,
        _ mirror: EntryStatus
    ) throws(CopyError) -> Differences? {
        switch source.kind {
        case .file:
            var differences: Differences = []
            if source.size != mirror.size { differences.formUnion([.contents, .size]) }
            if source.modified != mirror.modified { differences.formUnion([.contents, .time]) }
            return differences
        case .directory, .fifo, .socket: return []
        case .characterDevice, .blockDevice:
            return source.deviceNumber == mirror.deviceNumber ? [] : .contents
        case .symbolicLink:
            if source.size != mirror.size { return .contents }
            return try targetDiffers(name)
        }
    }

    private mutating func targetDiffers(_ name: FileName) throws(CopyError) -> Differences? {
        let target: FileName
        do {
            target = try source.current().descriptor.symbolicLinkTarget(name)
        } catch {
            try note(sourceFailure: error, name)
            return nil
        }
        do {
            return try mirror.current().descriptor.symbolicLinkTarget(name) == target ? [] : .contents
        } catch {
            try note(destinationFailure: error, name)
            return .contents
        }
    }

    /// Owner, mode, time and attributes. An empty name stands for the folder at hand. Nil when the source cannot be
    /// read.
    mutating func metadataDifferences(
        _ source: EntryStatus,
        _ mirror: EntryStatus,
        _ name: FileName
    ) throws(CopyError) -> Differences? {
        let wanted: [FileName: [UInt8]]
        do {
            wanted = try EntryMetadata.readAttributes(
                at: try self.source.current().attributes(of: name),
                ability
            )
        } catch {
            try note(sourceFailure: error, name)
            return nil
        }
        var differences = EntryMetadata.statusDifferences(source, mirror, ability)
        do {
            let present = try EntryMetadata.readAttributes(
                at: try self.mirror.current().attributes(of: name),
                ability
            )
            differences.formUnion(EntryMetadata.attributeDifferences(wanted, present))
        } catch {
            try note(destinationFailure: error, name)
        }
        return differences
    }
}

extension SharedDescriptor {
    /// Where the attributes of `name` in this folder are; an empty name stands for the folder itself.
    fileprivate func attributes(of name: FileName) -> AttributePlace {
        name.isEmpty ? AttributePlace(of: descriptor) : AttributePlace(name, in: descriptor)
    }
}
