extension CopyPlan {
    /// True when applying it changes something, be it only what the manifest says.
    public var hasWork: Bool { !folders.isEmpty }
}
