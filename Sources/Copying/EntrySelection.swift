/// Which entries of a source are carried: rules, files with rules in the folders, tagged caches, sizes.
///
/// What is left out is hidden in the source and protected on the destination: neither copied nor deleted. Who
/// decides, in this order:
///
/// 1. `reserved`: no other rule can undo it.
/// 2. Tagged caches, if they are left empty: all in them but the tag is left out, whatever a rule includes.
/// 3. `rules`: what the caller wants. The first that matches decides.
/// 4. `.extbackupignore` in the folders, if they are obeyed, the innermost first. So a file in the source never
///    brings back what a rule excludes, and `+ /letters/***` among the rules keeps `letters` from being hidden. In
///    rsync's words: `--filter='dir-merge .extbackupignore'` behind all other rules.
///
/// Sizes are no such rule: see `SizeLimits`.
public struct EntrySelection: Sendable {
    /// Whether files named `.extbackupignore` in the source say what of their folder is carried.
    ///
    /// Who may write into a folder can then hide all below it from the copy.
    public enum IgnoreFiles: Hashable, Sendable {
        /// They are files like others.
        case disregarded
        /// Their rules hold in their folder and below. They are carried themselves unless a rule excludes them.
        case obeyed
    }

    /// Whether caches that are tagged with `CACHEDIR.TAG` are carried.
    public enum TaggedCaches: Hashable, Sendable {
        /// They are folders like others.
        case carried
        /// The folder and its tag are carried, nothing else in it.
        case leftEmpty
    }

    /// Rules that decide before all others.
    public var reserved: FilterRules
    /// The rules of who asks for the copy.
    public var rules: FilterRules
    /// What `.extbackupignore` means.
    public var ignoreFiles: IgnoreFiles
    /// What `CACHEDIR.TAG` means.
    public var taggedCaches: TaggedCaches
    /// Files of which sizes are copied.
    public var sizes: SizeLimits

    /// Gathers what decides; without parameters everything is carried.
    public init(
        reserved: FilterRules = FilterRules(),
        rules: FilterRules = FilterRules(),
        ignoreFiles: IgnoreFiles = .disregarded,
        taggedCaches: TaggedCaches = .carried,
        sizes: SizeLimits = .any
    ) {
        self.reserved = reserved
        self.rules = rules
        self.ignoreFiles = ignoreFiles
        self.taggedCaches = taggedCaches
        self.sizes = sizes
    }

    /// True when folders of the source may say something about themselves.
    var readsMarks: Bool { ignoreFiles == .obeyed || taggedCaches == .leftEmpty }

    /// True when nothing is left out by its name or place.
    var carriesEveryName: Bool {
        reserved.isEmpty && rules.isEmpty && ignoreFiles == .disregarded && taggedCaches == .carried
    }
}

/// The sizes of files that are copied, in bytes, as rsync's `--min-size` and `--max-size`.
///
/// A limit on copying, not a rule about names: a regular file outside the limits counts as present in the source.
/// On the destination it is neither made, nor updated, nor repaired, nor deleted. Other kinds have no size.
public struct SizeLimits: Hashable, Sendable {
    /// The smallest file that is copied.
    public let minimum: Int64
    /// The largest file that is copied.
    public let maximum: Int64

    /// Both limits belong to what is copied.
    public init(minimum: Int64 = 0, maximum: Int64 = .max) {
        self.minimum = minimum
        self.maximum = maximum
    }

    /// No limits.
    public static let any = SizeLimits()

    /// True for a file that is copied.
    public func isWithin(_ size: Int64) -> Bool {
        minimum <= size && size <= maximum
    }
}
