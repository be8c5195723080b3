/// The most that any channel of the light may show, in percent.
public struct Brightness: Hashable, Sendable {
    /// 1 to 100.
    public let percent: Int

    /// Takes 1 to 100 percent.
    public init(percent: Int) throws(LightSettingsError) {
        guard (1...100).contains(percent) else { throw .brightness(percent) }
        self.percent = percent
    }

    private init(known percent: Int) {
        self.percent = percent
    }

    /// 10 percent: bright enough for a room, gentle to the eye.
    public static var standard: Brightness { Brightness(known: 10) }

    /// The limit of one channel, 2 to 255.
    ///
    /// Computed as the tool of the stick's maker does (`int(limit / 100 * 255)`), so that the same limit
    /// gives the same bytes. The order of the operations matters: 0.29 * 255 is a little less than 73.95.
    var maximum: Int {
        Int(Double(percent) / 100 * 255)
    }
}
