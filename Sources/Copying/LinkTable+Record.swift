internal import LinuxSystem

/// How names of files that have several are written into a spool.
extension RecordWriter {
    mutating func append(_ member: LinkTable.Member) {
        append(member.place)
        append(member.name)
        append(member.source)
        append(byte: member.mirror == nil ? 0 : 1)
        if let mirror = member.mirror { append(mirror) }
        append(byte: member.replaced.rawValue)
        append(byte: member.differences.rawValue)
        append(byte: member.isKnown ? 1 : 0)
        append(byte: member.reference == nil ? 0 : 1)
        if let reference = member.reference {
            append(reference.tree)
            append(reference.inode)
        }
    }

    mutating func append(_ decision: LinkTable.Decision) {
        append(decision.place)
        append(decision.step)
        append(decision.source)
        append(byte: decision.mirror == nil ? 0 : 1)
        if let mirror = decision.mirror { append(mirror) }
    }

    private mutating func append(_ place: LinkTable.Place) {
        append(place.order)
        append(place.folder)
        append(place.number)
        append(place.parent)
    }

    private mutating func append(_ file: LinkTable.File) {
        append(file.inode)
        append(file.occupancy)
    }

    private mutating func append(_ inode: Inode) {
        append(inode.device)
        append(inode.number)
    }

    private mutating func append(_ occupancy: Occupancy) {
        append(byte: occupancy.kind.code)
        append(Int(occupancy.size))
        append(Int(occupancy.allocatedBytes))
        append(Int(occupancy.linkCount))
    }
}

/// How they are read again.
extension RecordReader {
    mutating func member() -> LinkTable.Member {
        LinkTable.Member(
            place: place(),
            name: name(),
            source: file(),
            mirror: byte() == 1 ? file() : nil,
            replaced: value(),
            differences: Differences(rawValue: byte()),
            isKnown: byte() == 1,
            reference: byte() == 1 ? LinkTable.Reference(tree: number(), inode: inode()) : nil
        )
    }

    mutating func decision() -> LinkTable.Decision {
        LinkTable.Decision(
            place: place(),
            step: step(),
            source: occupancy(),
            mirror: byte() == 1 ? occupancy() : nil
        )
    }

    private mutating func place() -> LinkTable.Place {
        LinkTable.Place(order: number(), folder: name(), number: folderNumber(), parent: folderNumber())
    }

    private mutating func file() -> LinkTable.File {
        LinkTable.File(inode: inode(), occupancy: occupancy())
    }

    private mutating func inode() -> Inode {
        Inode(device: bits(), number: bits())
    }

    private mutating func occupancy() -> Occupancy {
        Occupancy(
            kind: kind(),
            size: Int64(number()),
            allocatedBytes: Int64(number()),
            linkCount: UInt32(number())
        )
    }
}
