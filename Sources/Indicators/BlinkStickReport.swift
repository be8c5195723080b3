/// One USB control transfer that sets the color of an LED of a BlinkStick.
///
/// Source: the maker's `blinkstick.py`, measured against an emulated device. The recipient is the device, not
/// the interface (the firmware does not look), so that the kernel's HID driver may keep the interface.
struct BlinkStickReport: Hashable {
    /// Host to device, class, recipient device.
    static let requestType: UInt8 = 0x20
    /// HID SET_REPORT.
    static let request: UInt8 = 0x09
    /// Zero: the recipient is the device.
    static let wIndex: UInt16 = 0

    /// The report's number, also the transfer's wValue.
    let number: UInt8
    /// What is sent after the set-up packet.
    let data: [UInt8]

    /// Report 1 for the first LED, which every stick knows in every mode, and report 5 for the others. Report
    /// 4, which stores a mode in the stick's EEPROM, is never made.
    init(color: RGB, index: UInt8, brightness: Brightness) {
        let limited = color.scaled(to: brightness.maximum)
        let channels = [limited.red, limited.green, limited.blue]
        if index == 0 {
            number = 1
            data = [0] + channels
        } else {
            number = 5
            data = [5, 0, index] + channels
        }
    }
}
