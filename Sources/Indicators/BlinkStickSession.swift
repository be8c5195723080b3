internal import CUSB

/// Open sticks, with a libusb context of their own. Closed with this value.
struct BlinkStickSession: ~Copyable, @unchecked Sendable {
    // What makes `@unchecked` true: libusb's handles may be used from any thread, and this value has one owner.
    private let context: OpaquePointer
    private let handles: [OpaquePointer]
    /// Why another stick could not be opened.
    private let openingProblem: LightWarning?

    private static let vendor: UInt16 = 0x20a0
    private static let product: UInt16 = 0x41e5
    private static let timeoutMilliseconds: UInt32 = 500

    /// Opens the stick with this serial number, or every stick.
    init(serial: String?) throws(LightWarning) {
        var context: OpaquePointer?
        let code = libusb_init(&context)
        guard code == 0, let context else { throw Self.warning("libusb_init", code) }
        let found = Self.openAll(context, serial: serial)
        if found.handles.isEmpty {
            libusb_exit(context)
            throw found.problem ?? .absent(serial: serial)
        }
        self.context = context
        handles = found.handles
        openingProblem = found.problem
    }

    deinit {
        for handle in handles { libusb_close(handle) }
        libusb_exit(context)
    }

    /// Sends the report to each stick, then throws the first problem there was.
    func send(_ report: BlinkStickReport) throws(LightWarning) {
        var problem = openingProblem
        for handle in handles {
            do throws(LightWarning) {
                try Self.send(report, to: handle)
            } catch {
                problem = problem ?? error
            }
        }
        if let problem { throw problem }
    }

    private static func send(_ report: BlinkStickReport, to handle: OpaquePointer) throws(LightWarning) {
        var data = report.data
        let code = libusb_control_transfer(
            handle,
            BlinkStickReport.requestType,
            BlinkStickReport.request,
            UInt16(report.number),
            BlinkStickReport.wIndex,
            &data,
            UInt16(data.count),
            timeoutMilliseconds
        )
        if code < 0 { throw warning("libusb_control_transfer", code) }
        if code != data.count {
            throw .usb(call: "libusb_control_transfer", reason: "sent \(code) bytes only")
        }
    }

    private static func openAll(
        _ context: OpaquePointer,
        serial: String?
    ) -> (handles: [OpaquePointer], problem: LightWarning?) {
        var list: UnsafeMutablePointer<OpaquePointer?>?
        let count = libusb_get_device_list(context, &list)
        guard count >= 0, let list else {
            return ([], warning("libusb_get_device_list", CInt(truncatingIfNeeded: count)))
        }
        defer { libusb_free_device_list(list, 1) }
        var handles: [OpaquePointer] = []
        var problem: LightWarning?
        for position in 0..<count {
            guard let device = list[position] else { continue }
            do throws(LightWarning) {
                if let handle = try open(device, serial: serial) { handles.append(handle) }
            } catch {
                problem = problem ?? error
            }
        }
        return (handles, problem)
    }

    /// Opens a device when it is a stick, and the one that is wanted.
    private static func open(_ device: OpaquePointer, serial: String?) throws(LightWarning) -> OpaquePointer?
    {
        var descriptor = libusb_device_descriptor()
        guard libusb_get_device_descriptor(device, &descriptor) == 0 else { return nil }
        guard descriptor.idVendor == vendor, descriptor.idProduct == product else { return nil }
        var handle: OpaquePointer?
        let code = libusb_open(device, &handle)
        guard code == 0, let handle else { throw warning("libusb_open", code) }
        guard let serial else { return handle }
        do throws(LightWarning) {
            if try text(number: descriptor.iSerialNumber, of: handle) == serial { return handle }
        } catch {
            libusb_close(handle)
            throw error
        }
        libusb_close(handle)
        return nil
    }

    /// Reads a string descriptor (USB 2.0, table 9-16): length, type 3, UTF-16 in little endian.
    private static func text(number: UInt8, of handle: OpaquePointer) throws(LightWarning) -> String {
        let english: UInt16 = 0x0409
        var bytes = [UInt8](repeating: 0, count: 255)
        let code = libusb_control_transfer(
            handle,
            0x80,  // device to host, standard, recipient device
            0x06,  // GET_DESCRIPTOR
            0x0300 | UInt16(number),
            english,
            &bytes,
            UInt16(bytes.count),
            timeoutMilliseconds
        )
        if code < 0 { throw warning("libusb_control_transfer", code) }
        let units = stride(from: 2, to: Int(code) - 1, by: 2).map {
            UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8
        }
        return String(decoding: units, as: UTF16.self)
    }

    static func warning(_ call: String, _ code: CInt) -> LightWarning {
        switch code {
        case LIBUSB_ERROR_ACCESS.rawValue: .notPermitted
        case LIBUSB_ERROR_PIPE.rawValue: .stalled
        case LIBUSB_ERROR_NO_DEVICE.rawValue, LIBUSB_ERROR_NOT_FOUND.rawValue: .vanished
        case LIBUSB_ERROR_TIMEOUT.rawValue: .timedOut
        default: .usb(call: call, reason: String(cString: libusb_error_name(code)))
        }
    }
}
