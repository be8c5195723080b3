internal import Glibc
import Lab

/// The tree that `make install` made (`make stage`).
enum Stage {
    /// Its folder.
    static func folder() throws(LabFailure) -> String {
        guard let value = getenv("EXTBACKUP_STAGE") else {
            throw LabFailure("there is nothing to install into the lab: run the scenarios with 'make test'")
        }
        return String(cString: value)
    }
}
