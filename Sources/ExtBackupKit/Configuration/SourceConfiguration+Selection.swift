import Copying
import LinuxSystem

extension SourceConfiguration {
    /// What of it is carried.
    ///
    /// - Parameter patterns: what nothing in the configuration or in the source can bring back.
    /// - Throws: `FilterRuleError` for a pattern that says nothing.
    func selection(reserving patterns: [FileName]) throws(FilterRuleError) -> EntrySelection {
        EntrySelection(
            reserved: try FilterRules(excluding: patterns),
            rules: try FilterRules(excluding: excludes),
            ignoreFiles: ignoreFiles,
            taggedCaches: taggedCaches,
            sizes: sizes
        )
    }
}
