/// What shows a color: the stick, or a recorder in tests.
public protocol LightOutput: Sendable {
    /// Shows a color, given before the brightness limit, and returns when it was sent. Blocks, at most some
    /// seconds. What it opened it may keep open until `rest()`.
    func show(_ color: RGB) throws(LightWarning)

    /// Looks whether a color could be shown, and shows none. What it opened it may keep open until `rest()`.
    func reach() throws(LightWarning)

    /// Nothing changes soon: closes what is open. The color stays.
    func rest()
}
