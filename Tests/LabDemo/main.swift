// The demo: a person's view of the whole job on a virtual NAS, told as it happens.
//
// Everything that is shown was read from the NAS: its journal, the unit's status, the light's log, the mailbox. The
// demo changes nothing on the machine it runs on, and ends with status 1 when something is not as it should be.

internal import Glibc
import Lab
import LinuxSystem

do throws(LabFailure) {
    var demo = try Demo()
    try demo.run()
} catch {
    // Nobody reads it, ignoring.
    try? StandardStream.error.write(Array("\nextbackup-demo: \(error)\n".utf8))
    exit(1)
}
