/// The marker's text: `key = value` per line, every key exactly once, nothing unknown.
extension Marker {
    /// The contents of the file.
    var text: String {
        """
        # The mark of a drive that was prepared by extbackup. Changed by hand, the drive is refused.
        version = \(Self.version)
        drive = "\(driveID)"
        name = "\(name)"
        luks_uuid = "\(luksUUID)"
        run_counter = \(runCounter)

        """
    }

    /// Reads the contents of the file; none of it is trusted.
    init(parsing bytes: [UInt8]) throws(MarkerError) {
        var values = try Self.values(of: bytes)
        // First the version, for the rest may have another form in a later one.
        let version = try Self.number(values.removeValue(forKey: "version"), "version")
        if version > UInt64(Self.version) {
            throw .tooNew(version: Int(clamping: version))
        }
        let driveID = try Self.quoted(values.removeValue(forKey: "drive"), "drive")
        guard driveID.utf8.count == 32, driveID.utf8.allSatisfy(Self.isHexadecimal) else {
            throw .malformed("'drive' is no number of 32 hexadecimal digits")
        }
        guard let name = DriveName(try Self.quoted(values.removeValue(forKey: "name"), "name")) else {
            throw .malformed("'name' is not \(DriveName.rule)")
        }
        let uuid = try Self.quoted(values.removeValue(forKey: "luks_uuid"), "luks_uuid")
        guard uuid.utf8.count == 36,
            uuid.utf8.allSatisfy({ Self.isHexadecimal($0) || $0 == UInt8(ascii: "-") })
        else {
            throw .malformed("'luks_uuid' is no UUID")
        }
        let runCounter = try Self.number(values.removeValue(forKey: "run_counter"), "run_counter")
        if !values.isEmpty { throw .malformed("it has an unknown key") }
        self.init(driveID: driveID, name: name, luksUUID: uuid, runCounter: runCounter)
    }

    private static func values(of bytes: [UInt8]) throws(MarkerError) -> [String: String] {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .malformed("it is no text") }
        var values: [String: String] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            guard let equals = line.firstRange(of: " = ") else { throw .malformed("a line has no value") }
            let key = String(line[..<equals.lowerBound])
            if values.updateValue(String(line[equals.upperBound...]), forKey: key) != nil {
                throw .malformed("a key is there twice")
            }
        }
        return values
    }

    private static func number(_ value: String?, _ key: String) throws(MarkerError) -> UInt64 {
        guard let value, value.utf8.allSatisfy({ (48...57).contains($0) }), let number = UInt64(value) else {
            throw .malformed("'\(key)' is no number")
        }
        return number
    }

    private static func quoted(_ value: String?, _ key: String) throws(MarkerError) -> String {
        guard let value, value.utf8.count >= 2, value.hasPrefix("\""), value.hasSuffix("\"") else {
            throw .malformed("'\(key)' is missing or not in quotes")
        }
        return String(value.dropFirst().dropLast())
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}
