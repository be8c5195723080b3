import LinuxSystem
import Testing

/// Commands that read the configuration.
private let configured = [
    "78 config check", "78 config show", "78 config show --json", "78 run red", "78 run red --dry-run",
    "78 agent red",
    "78 mail test", "78 led test", "78 doctor", "78 doctor --json --quiet",
]

/// Commands that must work when the configuration is broken: a drive has to be closed, a failure has to be told.
private let unconfigured = [
    "0 config example", "0 config schema", "0 status", "0 status --json", "0 drives list",
    "0 drives show red", "0 log",
    "10 eject red", "0 cleanup red", "0 led clear", "0 led show", "1 header check red",
    "10 header backup red", "1 approve red",
]

private let configurations: [BadInput] = [
    BadInput(
        "a configuration of more than 1 MiB",
        "head -c 1048577 /dev/zero | tr '\\0' '#' > config.toml",
        "config.toml: cannot be read: it is larger than 1 MiB",
        configured,
        untouched: unconfigured
    ),
    BadInput(
        "a configuration of 1 MiB on one line",
        "{ printf 'a = \"'; head -c 1000000 /dev/zero | tr '\\0' x; } > config.toml",
        "config.toml:1:1000006: ",
        configured
    ),
    BadInput(
        "a program in the place of the configuration",
        // What is wrong first, and in which line, is another thing in every build.
        "head -c 65536 \"$program\" > config.toml",
        "config.toml:",
        configured,
        untouched: unconfigured
    ),
    BadInput("an empty configuration", ": > config.toml", "config.toml:1:1: there is no source", configured),
    BadInput(
        "keys of half a million parts",
        "{ printf a; yes .a | head -n 500000 | tr -d '\\n'; echo ' = 1'; } > config.toml",
        "config.toml:1:34: tables and keys are nested deeper than 16 levels",
        configured,
        untouched: unconfigured
    ),
    BadInput(
        "a folder in the place of the configuration",
        "rm config.toml; mkdir config.toml",
        "config.toml: cannot be read: it is not a plain file",
        configured,
        untouched: unconfigured
    ),
    BadInput(
        "a pipe in the place of the configuration",
        "rm config.toml; mkfifo config.toml",
        "config.toml: cannot be read: it is not a plain file",
        configured,
        untouched: unconfigured
    ),
    BadInput(
        "a device in the place of the configuration",
        "ln -sf /dev/zero config.toml",
        "config.toml: cannot be read: it is not a plain file",
        configured
    ),
    BadInput(
        "a configuration that is a link to itself",
        "rm config.toml; ln -s config.toml config.toml",
        "config.toml: cannot be read: too many levels of symbolic links",
        configured,
        untouched: unconfigured
    ),
    BadInput(
        "a configuration that is a link to nowhere",
        "ln -sf nowhere config.toml",
        "config.toml: cannot be read: no such file or directory",
        configured
    ),
    BadInput("no configuration", "rm config.toml", "config.toml: cannot be read: no such file", configured),
    BadInput(
        "settings that contradict each other",
        "printf '[[source]]\\nname = \"a\"\\npath = \"/srv\"\\nmin_size = \"2M\"\\nmax_size = \"1M\"\\n' > config.toml",
        "config.toml:4:1: 'min_size' is larger than 'max_size'",
        configured
    ),
    BadInput(
        "a file of patterns that is a pipe",
        "mkfifo p; printf '[[source]]\\nname = \"a\"\\npath = \"/srv\"\\nexclude_from = \"/etc/extbackup/p\"\\n[led]\\nenabled = true\\n' > config.toml",
        "config.toml:4:1: 'exclude_from': '/etc/extbackup/p' cannot be read: it is not a plain file",
        configured
    ),
]

/// Commands that read the drive's file.
private let withDrive = [
    "78 drives show red", "78 drives show red --json", "78 run red", "78 run red --dry-run", "78 agent red",
    "78 approve red", "78 mount red", "78 eject red", "78 cleanup red", "78 header backup red",
    "78 header check red",
    "78 header restore red", "78 header restore red /dev/null --yes --serial S1", "78 drives rename red blue",
    "78 drives retire red --yes", "78 drives retire red --remove-keys --yes", "78 drives key rotate red",
    "78 drives key passphrase red", "78 config check", "78 config show",
]

/// Commands that have to tell of the other drives, or of none.
private let withoutDrive = [
    "0 status", "0 status --json", "0 drives list", "0 drives list --json", "0 led clear", "10 run",
    "10 eject",
    "10 mount", "0 config schema",
]

private let driveFiles: [BadInput] = [
    BadInput(
        "a drive's file of more than 1 MiB",
        "head -c 1048577 /dev/zero | tr '\\0' '#' > drives.d/red.toml",
        "red.toml: cannot be read: it is larger than 1 MiB",
        withDrive,
        untouched: withoutDrive
    ),
    BadInput(
        "junk in a drive's file",
        "printf '\\377\\376\\001\\002' > drives.d/red.toml",
        "red.toml:1:1: ",
        withDrive,
        untouched: withoutDrive
    ),
    BadInput("an empty drive's file", ": > drives.d/red.toml", "red.toml:1:1: ", withDrive),
    BadInput(
        "a folder in the place of a drive's file",
        "rm drives.d/red.toml; mkdir drives.d/red.toml",
        "red.toml: cannot be read: it is not a plain file",
        withDrive,
        untouched: withoutDrive
    ),
    BadInput(
        "a pipe in the place of a drive's file",
        "rm drives.d/red.toml; mkfifo drives.d/red.toml",
        "red.toml: cannot be read: it is not a plain file",
        withDrive,
        untouched: withoutDrive
    ),
    BadInput(
        "a drive's file that is a link to itself",
        "rm drives.d/red.toml; ln -s red.toml drives.d/red.toml",
        "red.toml: cannot be read: too many levels of symbolic links",
        withDrive,
        untouched: withoutDrive
    ),
    BadInput(
        "an unknown key in a drive's file",
        "echo 'serail = \"S1\"' >> drives.d/red.toml",
        "red.toml:8:1: unknown key 'serail'",
        withDrive
    ),
    BadInput(
        "a key that a drive's file has twice",
        "echo 'name = \"red\"' >> drives.d/red.toml",
        "red.toml:8:8: ",
        withDrive
    ),
    BadInput(
        "a drive's file with a UUID that leads elsewhere",
        "sed -i 's|0fd4e9a7-55c5-4c6f-8b3f-0a1f3d2c9b11|../../../etc/extbackup/keys/red|' drives.d/red.toml",
        "red.toml:2:1: 'luks_uuid' must be hexadecimal digits",
        withDrive
    ),
    BadInput(
        "another drive's file under this name",
        "sed -i 's|name = \"red\"|name = \"blue\"|' drives.d/red.toml",
        "red.toml: it describes the drive 'blue', not 'red'",
        withDrive
    ),
    BadInput(
        "a file in the place of the drives' folder",
        "rm -r drives.d; : > drives.d",
        "cannot be read: not a directory",
        withDrive + ["78 status", "78 drives list", "78 run", "78 eject", "78 mount", "78 doctor"]
    ),
    BadInput(
        "a file in the place of the configuration's folder",
        "cd /; rm -r /etc/extbackup; : > /etc/extbackup",
        "cannot be read: not a directory",
        [
            "78 config check", "78 status", "78 drives list", "78 run red", "78 mail test",
            "78 drives show red",
        ]
    ),
]

@Suite("Where files of a person or of 'prepare-disk' are wrong", Need.root, Need.program("/usr/bin/unshare"))
struct BadFileTests {
    @Test("commands say so, and change nothing:", .timeLimit(.minutes(3)), arguments: configurations)
    func configuration(row: BadInput) throws {
        try BadMachine.check(row)
    }

    @Test("commands for a drive say so, and change nothing:", .timeLimit(.minutes(3)), arguments: driveFiles)
    func driveFile(row: BadInput) throws {
        try BadMachine.check(row)
    }
}
