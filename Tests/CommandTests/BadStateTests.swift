import LinuxSystem
import Testing

private let keys: [BadInput] = [
    BadInput(
        "a key that is a symbolic link",
        "mv keys/red.key k; ln -s /etc/extbackup/k keys/red.key",
        "keys/red.key' is a symbolic link",
        ["12 run red", "12 run red --dry-run", "12 agent red", "12 mount red", "12 doctor"],
        untouched: ["0 drives show red", "10 eject red", "0 cleanup red"]
    ),
    BadInput(
        "a key that everybody can read",
        "chmod 444 keys/red.key",
        "keys/red.key' can be read by others than root",
        ["12 run red", "12 run red --dry-run", "12 agent red", "12 mount red", "12 doctor"]
    ),
    BadInput(
        "a key that belongs to somebody else",
        "chown 65534 keys/red.key",
        "keys/red.key' can be read by others than root",
        ["12 run red", "12 run red --dry-run", "12 agent red", "12 mount red", "12 doctor"]
    ),
    BadInput(
        "an empty key",
        ": > k; chmod 400 k; mv -f k keys/red.key",
        "keys/red.key' is empty",
        ["12 run red", "12 run red --dry-run", "12 agent red", "12 mount red", "12 doctor"]
    ),
    BadInput(
        "a pipe in the place of the key",
        "rm -f keys/red.key; mkfifo -m 400 keys/red.key",
        "keys/red.key' is empty",
        ["12 run red", "12 run red --dry-run", "12 agent red", "12 mount red", "12 doctor"]
    ),
    BadInput(
        "a folder in the place of the key",
        "rm -f keys/red.key; mkdir -m 500 keys/red.key",
        "keys/red.key' cannot be read: is a directory",
        ["12 run red", "12 mount red", "12 doctor"]
    ),
    BadInput(
        "no key",
        "rm -f keys/red.key",
        "keys/red.key' is not there",
        ["12 run red", "12 run red --dry-run", "12 agent red", "12 mount red", "12 doctor"]
    ),
    BadInput(
        "a folder of keys that everybody can look into",
        "chmod 755 keys",
        "keys' can be used by others than root",
        ["12 mount red", "12 doctor"]
    ),
    BadInput(
        "the key of a retired drive under the new name",
        "echo other > keys/blue.key",
        "keys/blue.key': 'blue.key': file exists",
        ["1 drives rename red blue"],
        untouched: ["64 drives rename red red", "10 drives rename green blue"]
    ),
]

/// Commands that read the status or the history.
private let looking = [
    "1 status", "1 status --json", "1 drives list", "1 drives list --json", "1 drives show red",
    "1 approve red",
]

private let states: [BadInput] = [
    BadInput(
        "a file in the place of the state folder",
        "rm -r /var/lib/extbackup; : > /var/lib/extbackup",
        "/var/lib/extbackup': not a directory",
        looking + ["1 log", "1 log red", "1 log --run 1"],
        untouched: [
            "10 run red --dry-run", "0 config check", "10 eject red", "0 led clear", "1 mail deliver",
        ]
    ),
    BadInput(
        "a status that is a folder",
        "mkdir /var/lib/extbackup/status.json",
        "the status file cannot be used: is a directory",
        looking
    ),
    BadInput(
        "a status that is a link",
        "ln -s /etc/hostname /var/lib/extbackup/status.json",
        "the status file cannot be used: 'status.json': too many levels of symbolic links",
        looking
    ),
    BadInput(
        "junk in the status",
        "head -c 4096 \"$program\" > /var/lib/extbackup/status.json",
        "status.json' is damaged or of another version and was not read",
        ["0 status", "0 status --json", "0 drives list", "0 drives show red", "1 approve red"]
    ),
    BadInput(
        "a pipe in the place of the status",
        "mkfifo /var/lib/extbackup/status.json",
        "status.json' is damaged or of another version and was not read",
        ["0 status", "0 status --json", "0 drives list", "0 drives show red", "1 approve red"]
    ),
    BadInput(
        "junk in the history",
        "head -c 65536 \"$program\" > /var/lib/extbackup/history.sqlite",
        "history.sqlite' is damaged",
        ["1 log", "1 log red", "1 log --run 1", "1 log --json"],
        untouched: ["0 status"]
    ),
    BadInput(
        "a history that is a folder",
        "mkdir /var/lib/extbackup/history.sqlite",
        "the history cannot be used: ",
        ["1 log", "1 log red", "1 log --run 1"],
        untouched: ["0 status", "0 drives list"]
    ),
    BadInput(
        "a history that is a link to itself",
        "ln -s history.sqlite /var/lib/extbackup/history.sqlite",
        "the history cannot be used: ",
        ["1 log", "1 log red", "1 log --run 1"]
    ),
    BadInput(
        "a mail in the outbox that is a folder",
        "mkdir -p /var/lib/extbackup/outbox/1-red.eml",
        "cannot be read: is a directory",
        ["1 mail deliver"]
    ),
    BadInput(
        "a file in the place of the run folder",
        ": > /run/extbackup",
        "/run/extbackup",
        [
            "1 run red", "1 run red --dry-run", "1 mount red", "1 eject red", "1 cleanup red",
            "1 drives rename red blue", "1 drives retire red --yes", "1 drives key rotate red", "1 led clear",
        ],
        untouched: ["0 status", "0 drives list", "0 config check", "0 led show"]
    ),
    BadInput(
        "a header's backup that is junk",
        """
        mkdir -m 700 /var/lib/extbackup/headers
        echo junk > /var/lib/extbackup/headers/0fd4e9a7-55c5-4c6f-8b3f-0a1f3d2c9b11.img
        """,
        "11.img' has no SHA-256 beside it",
        ["1 header check red"],
        untouched: [
            "10 header restore red --yes --serial S1", "1 header restore red /dev/null --yes --serial S1",
        ]
    ),
    BadInput(
        "a file in the place of systemd's units",
        "rm -r /etc/systemd; : > /etc/systemd",
        "/etc/systemd",
        ["1 drives rename red blue", "1 drives retire red --yes"]
    ),
]

private let places: [BadInput] = [
    BadInput(
        "a full /etc",
        """
        mkdir /etc/old; cp -a /etc/extbackup/. /etc/old; cd /; mount -t tmpfs -o size=64k none /etc/extbackup
        cp -a /etc/old/. /etc/extbackup; cat /dev/zero > /etc/extbackup/fill 2>/dev/null
        """,
        "no space left on device",
        ["1 drives rename red blue"],
        untouched: ["0 status", "0 config check"]
    ),
    BadInput(
        "a full /etc without a configuration",
        """
        cd /; mount -t tmpfs -o size=16k none /etc/extbackup; cat /dev/zero > /etc/extbackup/fill 2>/dev/null
        """,
        "no space left on device",
        ["1 init --yes --source photos=/srv"]
    ),
    BadInput(
        "a read-only /etc",
        "cd /; mount -o remount,ro /etc",
        "read-only file system",
        ["1 drives rename red blue", "1 drives retire red --yes"],
        untouched: ["0 status", "0 config check", "10 run red"]
    ),
    BadInput(
        "a read-only /etc without a configuration",
        "cd /; rm -r /etc/extbackup; mount -o remount,ro /etc",
        "read-only file system",
        ["1 init --yes --source photos=/srv"]
    ),
    BadInput(
        "a configuration that is there",
        ":",
        "'/etc/extbackup/config.toml' is there already and stays as it is",
        ["1 init", "1 init --yes --source photos=/srv"]
    ),
    BadInput(
        "sources that cannot be",
        "rm config.toml",
        "extbackup: ",
        [
            "64 init --yes --source photos", "64 init --yes --source =/srv",
            "64 init --yes --source photos=srv",
            "64 init --yes --source ../x=/srv", "64 init --yes --source a=/srv --source a=/srv",
            "64 init --yes --source photos=/srv --mail 'a b'", "64 init",
        ]
    ),
    BadInput(
        "folders and files that cannot be copied",
        "cd /srv; mkdir s t; mkfifo p; ln -s l l; cp \"$program\" j; echo f > f",
        "extbackup: ",
        [
            "64 copy f t", "26 copy none t", "64 copy s f", "64 copy s s", "64 copy p t", "26 copy l t",
            "1 copy s l",
            "64 copy --exclude-from t s t", "64 copy --exclude-from none s t", "64 copy --exclude '+ ' s t",
            "64 copy --manifest p s t", "64 copy --manifest j s t", "1 copy --manifest t s t",
            "1 copy --manifest l s t",
            "64 copy --manifest t/m s t", "64 copy --link-dest none s t", "64 copy --link-dest f s t",
            "64 copy --backup-dir ../f s t", "64 copy s /dev/null",
        ]
    ),
    BadInput(
        "no terminal where something is asked",
        ":",
        "nothing was changed",
        [
            "64 drives retire red", "64 drives retire red --remove-keys", "64 drives key passphrase red",
            "64 drives key passphrase red --passphrase-file /nonexistent",
            "64 drives key passphrase red --passphrase-file /etc",
            "64 drives key passphrase red --passphrase-file /dev/null",
            "64 drives key passphrase red --passphrase-file /etc/systemd/../extbackup/drives.d",
        ]
    ),
    BadInput(
        "a drive that nobody prepared",
        ":",
        "no drive was prepared under the name 'blue'",
        [
            "10 run blue", "10 run blue --dry-run", "10 agent blue", "10 approve blue", "10 log blue",
            "10 mount blue",
            "10 eject blue", "10 cleanup blue", "10 drives show blue", "10 drives rename blue green",
            "10 drives retire blue --yes", "10 drives key rotate blue", "10 drives key passphrase blue",
            "10 header backup blue", "10 header check blue",
            "10 header restore blue /dev/null --yes --serial 1",
        ],
        untouched: ["0 failed blue"]
    ),
    BadInput(
        "a drive that is not plugged in",
        ":",
        "not plugged in",
        [
            "10 run red", "10 eject red", "10 mount red", "10 drives key rotate red", "10 header backup red",
            "10 drives key passphrase red --passphrase-file /etc/extbackup/config.toml",
        ]
    ),
]

@Suite("Where keys, state or places are wrong", Need.root, Need.program("/usr/bin/unshare"))
struct BadStateTests {
    @Test("commands say so, and change nothing:", .timeLimit(.minutes(3)), arguments: keys)
    func key(row: BadInput) throws {
        try BadMachine.check(row)
    }

    @Test("commands that need it say so, and change nothing:", .timeLimit(.minutes(3)), arguments: states)
    func state(row: BadInput) throws {
        try BadMachine.check(row)
    }

    @Test(
        "commands that would change something say so, and change nothing:",
        .timeLimit(.minutes(3)),
        arguments: places
    )
    func place(row: BadInput) throws {
        try BadMachine.check(row)
    }
}
