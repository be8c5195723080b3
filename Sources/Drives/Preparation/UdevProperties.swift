internal import CUdev
internal import LinuxSystem

/// What udev's database says of a block device. Empty where no udev runs.
struct UdevProperties {
    /// The values of those properties that are set.
    let values: [String: String]

    /// Asks for some properties of a device.
    init(of number: DeviceNumber, _ names: [String]) {
        var values: [String: String] = [:]
        if let udev = udev_new() {
            if let device = udev_device_new_from_devnum(
                udev,
                CChar(bitPattern: UInt8(ascii: "b")),
                dev_t(number.packed)
            ) {
                for name in names {
                    guard let value = udev_device_get_property_value(device, name) else { continue }
                    values[name] = String(cString: value)
                }
                udev_device_unref(device)
            }
            udev_unref(udev)
        }
        self.values = values
    }

    /// The value of a property, unless it is empty.
    subscript(_ name: String) -> String? {
        values[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}
