import LinuxSystem
import SystemPackage
import Testing

@testable import Drives

/// The machine's files at a moment: what a power cut then would have left of them.
struct Moment {
    private let saved: FileName
    private let layout: HostLayout

    private static func folders(_ layout: HostLayout) -> [FileName] {
        [layout.configurationFolder, layout.stateFolder, layout.unitFolder]
    }

    /// Keeps the present.
    init(of layout: HostLayout, in folder: FileName) throws {
        saved = folder.appending("moment")
        self.layout = layout
        let folders = Self.folders(layout)
        try run(["/bin/rm", "-rf", saved])
        try run(["/bin/mkdir", "-p", saved] + folders)
        try run(["/bin/cp", "-a"] + folders + [saved])
    }

    /// Makes it the present again.
    func comeBack() throws {
        for folder in Self.folders(layout) {
            try run("/bin/rm", "-r", folder)
            try run("/bin/cp", "-a", saved.appending(folder.lastPart), folder)
        }
    }
}
