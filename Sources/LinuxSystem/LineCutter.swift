/// Cuts a stream of bytes into lines, and keeps no more of a line than a person reads.
struct LineCutter {
    /// What stands at the end of a line that was too long.
    static let mark = Array(" […]".utf8)

    private let longest: Int
    private var line: [UInt8] = []
    private var isCut = false

    /// - Parameter longest: bytes of a line beyond this number are dropped.
    init(longest: Int) {
        self.longest = longest
    }

    /// Takes what came next, and gives each line that it completes, without its end. Empty ones are left out.
    mutating func take(_ bytes: ArraySlice<UInt8>, _ onLine: ([UInt8]) -> Void) {
        var rest = bytes
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            keep(rest[..<end])
            finish(onLine)
            rest = rest[(end + 1)...]
        }
        keep(rest)
    }

    /// Gives the line that has no end, if there is one.
    mutating func finish(_ onLine: ([UInt8]) -> Void) {
        if !isCut, line.last == UInt8(ascii: "\r") { line.removeLast() }
        if !line.isEmpty { onLine(isCut ? line + Self.mark : line) }
        line.removeAll(keepingCapacity: true)
        isCut = false
    }

    private mutating func keep(_ bytes: ArraySlice<UInt8>) {
        let room = longest - line.count
        line.append(contentsOf: bytes.prefix(room))
        if bytes.count > room { isCut = true }
    }
}
