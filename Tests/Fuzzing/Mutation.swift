/// What happens to a good text before a parser gets it.
enum Mutation: CaseIterable {
    case flipBit, setByte, truncate, remove, duplicate, splice, insertFragment, insertJunk, repeatPiece
    case swapLines, carriageReturns, byteOrderMark

    private static let odd: [UInt8] = [
        0, 1, 7, 9, 10, 13, 27, 32, 34, 35, 39, 45, 46, 61, 91, 92, 93, 123, 125, 127, 128, 0xc0, 0xe2, 0xed,
        0xf4, 0xff,
    ]
    private static let mark: [UInt8] = [0xef, 0xbb, 0xbf]

    func apply(to text: inout [UInt8], _ dice: inout Dice, corpus: [[UInt8]], fragments: [[UInt8]]) {
        let place = dice.number(0...text.count)
        let end = min(text.count, place + dice.number(0...64))
        switch self {
        case .flipBit: if place < text.count { text[place] ^= 1 << UInt8(dice.number(0...7)) }
        case .setByte: if place < text.count { text[place] = dice.pick(Self.odd) }
        case .truncate: text.removeSubrange(place...)
        case .remove: text.removeSubrange(place..<end)
        case .duplicate: text.insert(contentsOf: text[place..<end], at: dice.number(0...text.count))
        case .splice:
            let other = dice.pick(corpus)
            text.replaceSubrange(place..., with: other[dice.number(0...other.count)...])
        case .insertFragment: text.insert(contentsOf: dice.pick(fragments), at: place)
        case .insertJunk:
            let junk = (0..<dice.number(1...8)).map { _ in UInt8(dice.number(0...255)) }
            text.insert(contentsOf: junk, at: place)
        case .repeatPiece:
            let piece = Array(text[place..<min(text.count, place + dice.number(1...6))])
            for _ in 0..<dice.number(1...300) { text.insert(contentsOf: piece, at: place) }
        case .swapLines:
            var lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            lines.swapAt(dice.number(0...(lines.count - 1)), dice.number(0...(lines.count - 1)))
            text = Array(lines.joined(separator: [UInt8(ascii: "\n")]))
        case .carriageReturns:
            text = text.flatMap { $0 == UInt8(ascii: "\n") ? [UInt8(ascii: "\r"), $0] : [$0] }
        case .byteOrderMark: text.insert(contentsOf: Self.mark, at: dice.number(0...3) == 0 ? place : 0)
        }
    }
}
