import Lab
import Testing

/// Hooks as systemd runs them, outside of the rules of the agent's unit.
extension LabTests {
    @Suite("A source with hooks", .serialized)
    struct HookScenarios {
        /// Writes programs and a source `db` at /srv/snapshot with these lines of configuration.
        private func configure(_ nas: NAS, _ lines: String) throws {
            try nas.guest.check(
                """
                cat > /usr/local/bin/dump <<'SCRIPT'
                #!/bin/sh
                set -e
                mkdir -p /var/backups/db
                echo "dumping as $(runuser -u nobody -- id -un)"
                printf '%s|' "$@" "$EXTBACKUP_HOOK" "$EXTBACKUP_DRIVE" "$EXTBACKUP_SOURCE" > /var/backups/db/dump
                mount --bind /var/backups/db "$EXTBACKUP_PATH"
                SCRIPT
                cat > /usr/local/bin/clean <<'SCRIPT'
                #!/bin/sh
                echo "$EXTBACKUP_STATUS" > /var/backups/status
                umount "$EXTBACKUP_PATH"
                SCRIPT
                chmod +x /usr/local/bin/dump /usr/local/bin/clean
                mkdir -p /srv/snapshot
                cat >> /etc/extbackup/config.toml <<'CONFIG'
                [[source]]
                name = "db"
                path = "/srv/snapshot"
                require_mount = true
                \(lines)
                CONFIG
                """
            )
        }

        /// Units of hooks that are left. None, when all is well.
        private func units(_ nas: NAS) throws -> String {
            try nas.guest.check("systemctl list-units --all --plain --no-legend 'extbackup-hook*'").trimmed
        }

        @Test("is a dump and a mount that its hooks make and take away")
        func dump() throws {
            let nas = try NAS()
            let drive = try nas.makeDrive()
            try configure(
                nas,
                """
                before = ["/usr/local/bin/dump", "$HOME $$ ${x}", "100%d", ""]
                after = ["/usr/local/bin/clean"]
                """
            )
            let run = try nas.plugAndWait(drive)
            try #require(run.status == 0, run.story)
            #expect(run.journal.contains("dumping as nobody (drive=red hook=before source=db)"))
            #expect(try nas.guest.check("cat /var/backups/status").trimmed == "ok")
            #expect(try nas.guest.run("mountpoint -q /srv/snapshot").status != 0)
            #expect(try units(nas) == "")
            #expect(try nas.leftovers() == "")
            #expect(try nas.colors().last == Light.safe)
            let copied = try nas.look(into: drive) { "cat /mnt/db/dump" }
            #expect(copied == "$HOME $$ ${x}|100%d||before|red|db|")
        }

        @Test("is skipped when its hook says so, and fails when that takes too long")
        func skippedOrLate() throws {
            let nas = try NAS()
            let drive = try nas.makeDrive()
            try configure(nas, "before = [\"/bin/sh\", \"-c\", \"echo not today; exit 75\"]")
            let skipped = try nas.plugAndWait(drive)
            #expect(skipped.status == 3, skipped.story)
            #expect(try nas.colors().last == Light.held)
            #expect(try nas.guest.mails().first?.body.contains("status 75: not today") == true)

            try nas.guest.check(
                """
                sed -i '/^before/d' /etc/extbackup/config.toml
                cat >> /etc/extbackup/config.toml <<'CONFIG'
                before = ["/bin/sh", "-c", "trap '' TERM; sleep 1234 & echo begun; wait; sleep 1234"]
                hook_timeout = "3s"
                CONFIG
                """
            )
            let late = try nas.replugAndWait(drive)
            #expect(late.status == 1, late.story)
            #expect(late.journal.contains("it was not done after 3 s: begun"))
            #expect(try nas.guest.run("pgrep -x -f 'sleep 1234'").status != 0)
            #expect(try units(nas) == "")
            #expect(try nas.colors().last == Light.failed)
        }

        @Test("whose agent is killed is ended by the clean-up")
        func killed() throws {
            let nas = try NAS()
            let drive = try nas.makeDrive()
            try configure(nas, "before = [\"/bin/sleep\", \"1234\"]")
            try nas.guest.plug(drive)
            try nas.guest.waitUntil(
                "the hook sleeps",
                timeout: .seconds(90),
                succeeds: "pgrep -x -f '/bin/sleep 1234'"
            )
            try nas.guest.check("systemctl kill --signal=KILL --kill-who=main \(NAS.unit("red"))")
            let run = try nas.waitForEnd()
            #expect(run.result == "signal", run.story)
            #expect(try nas.guest.run("pgrep -x -f '/bin/sleep 1234'").status != 0)
            #expect(try units(nas) == "")
            #expect(try nas.leftovers() == "")
        }

        @Test("whose run is stopped is stopped, too, and taken back")
        func stopped() throws {
            let nas = try NAS()
            let drive = try nas.makeDrive()
            try configure(
                nas,
                """
                before = ["/bin/sh", "-c", "/usr/local/bin/dump; sleep 1234"]
                after = ["/usr/local/bin/clean"]
                """
            )
            try nas.guest.plug(drive)
            try nas.guest.waitUntil(
                "the hook sleeps",
                timeout: .seconds(90),
                succeeds: "pgrep -x -f 'sleep 1234'"
            )
            try nas.guest.check("systemctl stop \(NAS.unit("red"))", timeout: .seconds(90))
            #expect(try nas.guest.check("cat /var/backups/status").trimmed == "interrupted")
            #expect(try nas.guest.run("mountpoint -q /srv/snapshot").status != 0)
            #expect(try nas.guest.run("pgrep -x -f 'sleep 1234'").status != 0)
            #expect(try units(nas) == "")
            #expect(try nas.leftovers() == "")
        }
    }
}
