import LinuxSystem

/// Tests that copy `s` to `t` in a folder of their own.
protocol CopySuite {
    var place: TemporaryFolder { get }
}

extension CopySuite {
    var source: FileName { place.path.appending("s") }
    var target: FileName { place.path.appending("t") }

    /// Makes the folder, with a source of every common kind in it.
    static func makePlace() throws -> TemporaryFolder {
        let place = try TemporaryFolder()
        _ = try shell(
            in: place,
            """
            mkdir s s/d s/e; printf one > s/a; printf two > s/d/b.tmp; printf three > s/d/c; ln s/a s/d/hard
            ln -s ../a s/d/link; mkfifo s/e/pipe; chmod 640 s/a; touch -d '2001-02-03 04:05:06.789012345' s/d/c s/d
            """,
            []
        )
        return place
    }

    func copy(_ options: FileName...) throws -> Program.Outcome {
        try run(options)
    }

    func run(_ options: [FileName]) throws -> Program.Outcome {
        try Program.run(["copy"] + options + ["--", source, target])
    }

    /// Runs a script in the test's folder.
    @discardableResult
    func shell(_ script: String, _ arguments: FileName...) throws -> String {
        try Self.shell(in: place, script, arguments)
    }

    private static func shell(
        in place: TemporaryFolder,
        _ script: String,
        _ arguments: [FileName]
    ) throws -> String {
        let text = FileName("cd \"$1\" || exit; shift\n" + script)
        let outcome = try ChildProcess(["/bin/sh", "-c", text, "sh", place.path] + arguments).run()
        return String(decoding: outcome.output, as: UTF8.self)
    }

    /// Everything that can be compared, a line for each entry.
    func listing(_ folder: String, _ more: String = "") throws -> String {
        try shell(
            "cd \(folder); find . ! -type d -printf '%P %y %m %U:%G %s %n %T@ %l \(more)\\n' -o "
                + "-printf '%P %y %m %U:%G %T@ \(more)\\n' | LC_ALL=C sort; "
                + "find . -type f -print0 | LC_ALL=C sort -z | xargs -0r cat"
        )
    }
}
