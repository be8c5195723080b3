internal import CLinux

extension StandardStream {
    /// How many columns the terminal has; nil when there is none, or when it cannot move its cursor (`TERM=dumb`).
    /// 80 when it does not say.
    public var terminalColumns: Int? {
        let columns = ext_terminal_columns(rawValue)
        if columns < 0 || Environment.value(of: "TERM") == "dumb" { return nil }
        return columns == 0 ? 80 : Int(columns)
    }
}
