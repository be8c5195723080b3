import Testing

@testable import Copying

@Suite("A set of inodes")
struct InodeSetTests {
    @Test("holds what was put in, and nothing else")
    func membership() {
        var set = InodeSet()
        let inodes: [(UInt64, UInt64)] = [(1, 0), (1, 63), (1, 64), (1, .max), (2, 63), (.max, 0)]
        for (device, number) in inodes {
            let inode = Inode(device: device, number: number)
            #expect(!set.contains(inode))
            let insertions = [set.insert(inode), set.insert(inode)]
            #expect(insertions == [true, false])
            #expect(set.contains(inode))
        }
        for (device, number) in [(1, 1), (1, 62), (2, 0), (2, 64), (3, 63)] as [(UInt64, UInt64)] {
            #expect(!set.contains(Inode(device: device, number: number)))
        }
    }
}
