internal import CCryptsetup
internal import LinuxSystem
internal import SystemPackage

/// One device or image file as libcryptsetup sees it: the only owner of a `crypt_device`.
///
/// What the library would print is collected per context and ends in the error. A context is used by one
/// thread at a time.
struct CryptContext: ~Copyable {
    private let device: OpaquePointer
    private let log: CryptLog

    /// Opens a block device or an image file (crypt_init(3)); reads nothing yet.
    ///
    /// - Throws: `ENOTBLK` for what is neither, `ENOENT` for what is missing.
    init(path: FileName) throws(CryptError) {
        try self.init("crypt_init") { device in path.withCString { crypt_init(&device, $0) } }
    }

    /// Opens an active mapping by its name below /dev/mapper.
    ///
    /// - Throws: `ENODEV` when there is none.
    init(mapping name: FileName) throws(CryptError) {
        try self.init("crypt_init_by_name") { device in
            name.withCString { crypt_init_by_name(&device, $0) }
        }
    }

    private init(_ name: StaticString, _ open: (inout OpaquePointer?) -> Int32) throws(CryptError) {
        CryptLog.silenceStandardError()
        var opened: OpaquePointer?
        let result = open(&opened)
        guard result >= 0, let device = opened else {
            let reason: Errno = result < 0 ? Errno(rawValue: -result) : .invalidArgument
            throw CryptError(call: name.description, errno: reason)
        }
        self.device = device
        log = CryptLog()
        crypt_set_log_callback(
            device,
            { level, text, log in
                guard level == CRYPT_LOG_ERROR, let text, let log else { return }
                Unmanaged<CryptLog>.fromOpaque(log).takeUnretainedValue().append(text)
            },
            Unmanaged.passUnretained(log).toOpaque()
        )
    }

    deinit {
        crypt_free(device)
    }

    /// Reads and checks the LUKS2 header (crypt_load(3)).
    ///
    /// - Throws: `EINVAL` when there is no valid one.
    func loadLUKS2() throws(CryptError) {
        try call("crypt_load") { crypt_load($0, CRYPT_LUKS2, nil) }
    }

    /// The LUKS UUID as it is written in the header; nil before `loadLUKS2` or a format. Compare it in lower case:
    /// where Foundation is linked, its `uuid_unparse`, which writes capitals, takes the place of libuuid's.
    var uuid: String? {
        crypt_get_uuid(device).map { String(cString: $0) }
    }

    /// Calls a function of the library with this context. Negative answers become errors that carry what was
    /// logged meanwhile; other answers are returned (a key slot's number, for example).
    @discardableResult
    func call(_ name: StaticString, _ body: (OpaquePointer) -> Int32) throws(CryptError) -> Int32 {
        log.clear()
        let result = body(device)
        if result >= 0 { return result }
        throw CryptError(call: name.description, errno: Errno(rawValue: -result), message: log.text)
    }
}

/// The error messages of one context. A class, because the library keeps its address.
private final class CryptLog {
    private var lines: [String] = []

    var text: String { lines.joined(separator: "; ") }

    func clear() {
        lines = []
    }

    func append(_ text: UnsafePointer<CChar>) {
        var line = String(cString: text)
        while let last = line.last, last.isNewline || last == "." || last == " " { line.removeLast() }
        if !line.isEmpty { lines.append(line.prefix(1).lowercased() + line.dropFirst()) }
    }

    /// Before a context exists the library writes to standard error unless there is a global callback. What
    /// it would say there is in the error's number as well.
    static func silenceStandardError() {
        _ = once
    }

    private static let once: Void = crypt_set_log_callback(nil, { _, _, _ in }, nil)
}
