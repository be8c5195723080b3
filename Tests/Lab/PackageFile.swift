/// The Debian package that `make deb` made.
enum PackageFile {
    /// Its path on the host.
    static func path() throws(LabFailure) -> String {
        guard let path = environmentValue("EXTBACKUP_PACKAGE") else {
            throw LabFailure("there is nothing to install into the lab: use 'make demo' or 'make test'")
        }
        return path
    }
}
