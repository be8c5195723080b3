public import LinuxSystem

/// A mistake in a configuration file: which file, where in it, what, and what would be right.
public struct ConfigurationError: Error, Hashable, Sendable {
    /// The file's path.
    public let file: FileName
    /// The line, from 1; nil when the file could not be read at all.
    public let line: Int?
    /// The column, from 1.
    public let column: Int?
    /// What is wrong.
    public let message: String
    /// What to do.
    public let hint: String?
    /// The line itself and a caret below the column; empty when the file's bytes are not at hand.
    public private(set) var excerpt: [String] = []
    private let place: Place

    /// What line and column stand for.
    enum Place: Hashable, Sendable {
        /// The place of the mistake.
        case exact
        /// The file as a whole: what is missing has no place.
        case wholeFile
    }

    init(
        file: FileName,
        position: TOMLDocument.Position?,
        place: Place = .exact,
        message: String,
        hint: String? = nil
    ) {
        self.file = file
        line = position?.line
        column = position?.column
        self.place = place
        self.message = Self.shortened(message)
        self.hint = hint
    }

    /// A person wants to see what is wrong, not a text of a megabyte that is in the wrong place.
    private static func shortened(_ message: String) -> String {
        let limit = 1000
        let (bytes, scalars) = (message.utf8, message.unicodeScalars)
        guard bytes.count > limit else { return message }
        // Not by characters: one may have any number of bytes.
        let head = scalars[..<bytes.index(bytes.startIndex, offsetBy: limit / 2)]
        let tail = scalars[bytes.index(bytes.endIndex, offsetBy: -limit / 4)...]
        return String(head) + " … " + String(tail)
    }

    /// The same with the line itself, if the mistake has a place in this file.
    func quoting(_ bytes: [UInt8], of file: FileName) -> ConfigurationError {
        guard self.file == file, place == .exact, let line, let column else { return self }
        var error = self
        error.excerpt = MarkedLine(at: .init(line: line, column: column), of: bytes)?.lines ?? []
        return error
    }
}

extension ConfigurationError: CustomStringConvertible {
    /// `/etc/extbackup/config.toml:3:1: unknown key 'exlude'`.
    public var description: String {
        // The path is one that a person typed or a constant: quotes around it would hide file:line:column from
        // editors. Odd characters are escaped all the same.
        let path = file.description.dropFirst().dropLast()
        guard let line, let column else { return "\(path): \(message)" }
        return "\(path):\(line):\(column): \(message)"
    }
}
