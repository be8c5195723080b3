import LinuxSystem
import Testing

@Suite("The time on the wall")
struct LocalTimeTests {
    /// In winter, in summer, and before the first of all seconds.
    @Test("is what date(1) tells", arguments: [1_772_345_345, 1_790_000_000, 0, -1] as [Int64])
    func date(seconds: Int64) throws {
        let outcome = try ChildProcess(["/bin/date", "-d", FileName("@\(seconds)"), "+%H:%M:%S %Z"]).run()
        try #require(outcome.isSuccess)
        #expect(LocalTime(UnixTime(seconds: seconds)).description == outcome.lastLine)
    }

    @Test("is told in UTC where the system knows no such year")
    func tooLate() {
        // A day has 86 400 s; the largest number is 15 h 30 min 7 s into one.
        #expect(LocalTime(UnixTime(seconds: .max)).description == "15:30:07 UTC")
        #expect(LocalTime(UnixTime(seconds: .min)).description == "08:29:52 UTC")
    }
}
