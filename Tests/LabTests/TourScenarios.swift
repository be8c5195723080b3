import Testing

@testable import Lab

/// From a bare machine to the first green light and beyond, at a terminal, as a person would; every command is used.
/// With EXTBACKUP_TOUR the page is written to that path, which is how `docs/tour.md` is made.
extension LabTests {
    @Suite("The tour", .serialized)
    struct TourScenarios {
        private static let introduction = """
            The first hour with extbackup, and every command once. The lab wrote this page (`make tour`): a virtual NAS with
            Debian, a virtual USB disk of 600 MB, and an emulated light. What a person types behind a question is shown as
            the terminal showed it; passphrases are not shown. Nothing was edited.
            """

        @Test("goes from the package to the first green light, and uses every command")
        func tour() throws {
            let nas = try NAS(.bare)
            let disk = try VirtualDrive(size: 600 << 20, serial: "RED2041")
            var visitor = Visitor(nas, TourPage(title: "A tour", Self.introduction))
            let start = ContinuousClock.now
            try setUp(&visitor)
            try prepare(disk, &visitor)
            let firstGreen = ContinuousClock.now - start
            visitor.page.say(
                """
                That was the first hour: \(firstGreen.components.seconds) seconds of this slow, emulated machine from the package \
                to the first green light, and \(visitor.answers) answers.
                """
            )
            try look(&visitor)
            try hold(disk, &visitor)
            try lookInside(disk, &visitor)
            try keys(disk, &visitor)
            try adopt(&visitor)
            try finish(disk, &visitor)
            try publish(visitor.page)
        }

        private func setUp(_ visitor: inout Visitor) throws {
            visitor.page.chapter(
                "Install",
                "This NAS has no network; else `apt install ./extbackup_*.deb` brings what the package needs."
            )
            try visitor.give("dpkg --install \(LabSnapshot.package)")
            try visitor.give("extbackup --version")
            visitor.page.chapter("Is it set up right?", "Not yet, and the doctor says what is next.")
            try visitor.give("extbackup doctor --quiet", status: 78)
            visitor.page.chapter("Say what to back up")
            try visitor.give(
                "extbackup init",
                .to("Which? Numbers", ""),
                .to("A folder to back up", "/srv/photos"),
                .to("Must it be mounted", ""),
                .to("Another folder", "/srv/documents"),
                .to("Another folder", ""),
                .to("Who gets mail", ""),
                .to("BlinkStick", "")
            )
            try visitor.give("extbackup config check")
            try visitor.give("extbackup config show")
            try visitor.give("extbackup config example | head -n 12")
            try visitor.give("extbackup config schema | head -n 8")
            visitor.page.chapter("Try light and mail")
            try visitor.give("extbackup led test")
            try visitor.give("extbackup mail test")
        }

        private func prepare(_ disk: VirtualDrive, _ visitor: inout Visitor) throws {
            let nas = visitor.nas
            visitor.page.chapter("Make a drive", "A USB disk is plugged in.")
            try nas.guest.plug(disk)
            try nas.guest.waitForDrive(disk)
            try visitor.give("extbackup prepare-disk")
            try visitor.give(
                "extbackup prepare-disk /dev/sda --name red",
                .to("To go on, type", "2041"),
                .to("Passphrase", NAS.passphrase),
                .to("The same again", NAS.passphrase),
                .to("Start the first backup now?", "n")
            )
            visitor.page.chapter("The first backup", "The disk is pulled, and plugged in again.")
            let before = try nas.guest.lightLog().count
            let run = try nas.replugAndWait(disk)
            try #require(run.status == 0, run.story)
            let colors = try nas.colors(since: before)
            #expect(colors == [Light.working, Light.safe])
            visitor.page.say(
                "Meanwhile the light turned blue, and then green: the disk is switched off, and may be pulled."
            )
        }

        private func look(_ visitor: inout Visitor) throws {
            visitor.page.chapter("How do things stand?")
            let status = try visitor.give("extbackup status")
            #expect(status.contains("red"))
            try visitor.give("extbackup log")
            try visitor.give("extbackup log --run 1")
            try visitor.give("extbackup drives list")
            try visitor.give("extbackup drives show red")
            try visitor.give("extbackup doctor")
        }

        private func hold(_ disk: VirtualDrive, _ visitor: inout Visitor) throws {
            let nas = visitor.nas
            visitor.page.chapter(
                "Something is deleted",
                "Most of the documents vanish. Was that meant? The drive is plugged in, and the light turns amber."
            )
            try visitor.give("rm /srv/documents/[1-9].txt /srv/documents/1?.txt /srv/documents/20.txt")
            let run = try nas.replugAndWait(disk)
            #expect(run.status == 25, run.story)
            #expect(try nas.colors().last == Light.held)
            visitor.page.say("The mail:")
            let mail = try #require(try nas.guest.mails().last)
            visitor.page.quote("Subject: \(mail.subject)\n\n\(mail.body)")
            visitor.page.say("It was meant, so the next run deletes them:")
            try visitor.give("extbackup approve red")
            let second = try nas.replugAndWait(disk)
            #expect(second.status == 0, second.story)
            #expect(try nas.colors().last == Light.safe)
            try visitor.give("extbackup led clear")
            try nas.guest.pull(disk)
            try nas.guest.waitForDriveToGo(disk)
        }

        private func lookInside(_ disk: VirtualDrive, _ visitor: inout Visitor) throws {
            visitor.page.chapter(
                "Look at what is on the drive",
                "Nothing is plugged in yet. This time no backup begins, as the drive is wanted for something else."
            )
            try visitor.give(
                "extbackup mount red",
                plugging: disk,
                until: "Ctrl-C closes it",
                meanwhile: ["ls /run/extbackup/look-red /run/extbackup/look-red/documents"]
            )
            try visitor.give("extbackup header check red")
            try visitor.give("extbackup header backup red")
            visitor.page.say("The drive's header is destroyed, and put back:")
            try visitor.give("dd if=/dev/zero of=/dev/sda1 bs=1M count=4 conv=fsync status=none")
            let before = try visitor.nas.runCount()
            try visitor.give(
                "extbackup header restore red /dev/sda1",
                .to("To go on, type", "2041")
            )
            let run = try visitor.nas.waitForRun(after: before)
            #expect(run.status == 0, run.story)
        }

        private func keys(_ disk: VirtualDrive, _ visitor: inout Visitor) throws {
            visitor.page.chapter("Keys and names")
            try visitor.give("extbackup drives key rotate red", plugging: disk)
            try visitor.give(
                "extbackup drives key passphrase red",
                .to("Passphrase", "another battery staple"),
                .to("The same again", "another battery staple")
            )
            try visitor.give("extbackup drives rename red attic")
            visitor.page.chapter("A backup by hand", "First only a preview, then the backup itself.")
            try visitor.give("extbackup run attic --dry-run")
            try visitor.give("extbackup run attic")
            #expect(try visitor.nas.colors().last == Light.safe)
            try visitor.nas.guest.pull(disk)
            try visitor.nas.guest.waitForDriveToGo(disk)
            try visitor.give("extbackup log")
        }

        private func adopt(_ visitor: inout Visitor) throws {
            let nas = visitor.nas
            visitor.page.chapter(
                "A second drive",
                "It was encrypted long ago, by hand, and has files on it that stay."
            )
            let old = try VirtualDrive(size: 400 << 20, serial: "OLD7777")
            try nas.guest.plug(old)
            try nas.guest.waitForDrive(old)
            try nas.guest.check(
                """
                set -e
                echo 'type=linux' | sfdisk -q --no-tell-kernel /dev/sda
                partx -a /dev/sda || true
                udevadm settle
                printf 'an old passphrase' | cryptsetup luksFormat -q --pbkdf pbkdf2 --pbkdf-force-iterations 1000 \
                    --key-file - /dev/sda1
                printf 'an old passphrase' | cryptsetup open --key-file - /dev/sda1 old
                mkfs.ext4 -q -L old /dev/mapper/old
                mount /dev/mapper/old /mnt; echo dear > /mnt/letter; umount /mnt
                cryptsetup close old
                udevadm settle
                """,
                timeout: .seconds(120)
            )
            try visitor.give(
                "extbackup prepare-disk --adopt /dev/sda1 --name cellar",
                .to("Passphrase of", "an old passphrase"),
                .to("Start the first backup now?", "y")
            )
            #expect(try nas.colors().last == Light.safe)
            try nas.guest.pull(old)
            try nas.guest.waitForDriveToGo(old)
            try visitor.give("extbackup status")
            try visitor.give(
                "extbackup mount cellar",
                plugging: old,
                until: "Ctrl-C closes it",
                meanwhile: ["ls /run/extbackup/look-cellar", "cat /run/extbackup/look-cellar/letter"]
            )
            try visitor.give("extbackup eject cellar")
            try nas.guest.pull(old)
            try visitor.give("extbackup drives retire cellar", .to("To go on, type", "cellar"))
            try visitor.give("extbackup drives list")
        }

        private func finish(_ disk: VirtualDrive, _ visitor: inout Visitor) throws {
            visitor.page.chapter("Copy without a drive")
            try visitor.give("extbackup copy /srv/documents /root/copy --itemize | head -n 5")
            try visitor.give("extbackup copy /srv/documents /root/copy")
            visitor.page.chapter("The page to print")
            try visitor.give("cat /var/lib/extbackup/sheets/attic.txt")
            visitor.page.chapter("All commands")
            try visitor.give("extbackup --help")
        }

        /// Writes the page, or compares its commands with those of the page that is in the repository.
        private func publish(_ page: TourPage) throws {
            if let path = environmentValue("EXTBACKUP_TOUR") {
                try HostFile.write(Array(page.text.utf8), to: path)
                return
            }
            let path = String(#filePath.dropLast("Tests/LabTests/TourScenarios.swift".count)) + "docs/tour.md"
            let written = String(decoding: try HostFile.read(path), as: UTF8.self)
            #expect(
                TourPage.commands(in: written) == page.commands,
                "docs/tour.md is of another tour: run 'make tour'"
            )
        }
    }
}
