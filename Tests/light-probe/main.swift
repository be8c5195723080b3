// Drives a BlinkStick through the module under test, as a program of its own: libumockdev's world is for
// children only.
//
//   light-probe INDEX BRIGHTNESS SERIAL|- show COLOR|rest ...
//   light-probe INDEX BRIGHTNESS SERIAL|- job FOLDER NAME NOTICE|safe|wait ...
//
// `show` prints `ok` or the warning for each color. `job` lets an indicator say these things one after the
// other, stops it, and prints its warnings.

import Indicators
import LinuxSystem

struct UsageError: Error {}

/// Stands for a drive that was released.
struct ProbeDrive: ~Copyable, SafeToUnplug {}

func show(_ colors: some Sequence<String>, _ stick: BlinkStick) throws {
    for color in colors {
        if color == "rest" {
            stick.rest()
            continue
        }
        let color = try RGB(color)
        do throws(LightWarning) {
            try stick.show(color)
            print("ok")
        } catch {
            print(error)
        }
    }
}

func job(_ words: [String], _ stick: BlinkStick, _ settings: LightSettings) throws {
    guard words.count >= 2 else { throw UsageError() }
    let board = LightBoard(folder: FileName(words[0]))
    let name = FileName(words[1])
    let indicator = Indicator(output: stick, board: board, settings: settings) { print($0) }
    for word in words.dropFirst(2) {
        switch word {
        case "working": indicator.show(.working, job: name)
        case "failed": indicator.show(.failed(.doNotPull), job: name)
        case "released": indicator.show(.failed, safeToUnplug: ProbeDrive(), job: name)
        case "safe": indicator.show(safeToUnplug: ProbeDrive(), job: name)
        case "wait": Thread.sleep(for: .milliseconds(500))
        default: throw UsageError()
        }
    }
    indicator.stop()
}

let words = Array(CommandLine.arguments.dropFirst())
guard words.count >= 4, let index = Int(words[0]), let percent = Int(words[1]) else { throw UsageError() }
let settings = try LightSettings(
    index: index,
    brightness: Brightness(percent: percent),
    serial: words[2] == "-" ? nil : words[2]
)
let stick = BlinkStick(settings)
switch words[3] {
case "show": try show(words.dropFirst(4), stick)
case "job": try job(Array(words.dropFirst(4)), stick, settings)
default: throw UsageError()
}
