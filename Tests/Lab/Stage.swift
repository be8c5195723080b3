/// The tree that `make install` made (`make stage`).
enum Stage {
    /// Its folder.
    static func folder() throws(LabFailure) -> String {
        guard let folder = environmentValue("EXTBACKUP_STAGE") else {
            throw LabFailure("there is nothing to install into the lab: use 'make demo' or 'make test'")
        }
        return folder
    }
}
