import LinuxSystem

/// The questions of `extbackup init`. A wrong answer is told, and the question is asked again.
public struct ConfigurationInterview {
    /// What is asked about.
    public enum Topic: Hashable, Sendable {
        /// Which folders, and whether they must be mounted.
        case sources
        /// Who gets mail.
        case mail
        /// Whether there is a light.
        case light
    }

    private let say: (String) -> Void
    private let answer: (String) throws(Failure) -> String

    /// - Parameters:
    ///   - say: shows a line.
    ///   - answer: asks a question and gives the answer, without its end of line.
    public init(
        say: @escaping (String) -> Void,
        answer: @escaping (String) throws(Failure) -> String
    ) {
        self.say = say
        self.answer = answer
    }

    /// Asks what was not said yet.
    ///
    /// - Throws: when there is no answer.
    public func complete(_ setUp: inout ConfigurationSetUp, asking topics: Set<Topic>) throws(Failure) {
        if topics.contains(.sources) { try askForSources(&setUp) }
        if topics.contains(.mail) { try askForRecipients(&setUp) }
        if topics.contains(.light), try !agrees("Is there a BlinkStick, or will there be one?") {
            setUp.switchLightOff()
        }
    }

    private func askForSources(_ setUp: inout ConfigurationSetUp) throws(Failure) {
        let candidates = setUp.candidates
        if !candidates.isEmpty { try choose(among: candidates, &setUp) }
        while true {
            let question = setUp.hasSources ? "Another folder (Enter: no more): " : "A folder to back up: "
            let reply = Self.trimmed(try answer(question))
            if !reply.isEmpty {
                try add(FileName(String(reply)), &setUp)
            } else if setUp.hasSources {
                return
            } else {
                say("At least one folder is needed.")
            }
        }
    }

    private func choose(
        among candidates: [SourceCandidate],
        _ setUp: inout ConfigurationSetUp
    ) throws(Failure) {
        say("These folders may be worth a backup:")
        for (index, candidate) in candidates.enumerated() {
            say("  \(index + 1)  \(candidate.path), \(candidate.text)")
        }
        while true {
            let reply = try words("Which? Numbers with blanks between, 'all', or Enter for none of these: ")
            let numbers = reply == ["all"] ? Array(1...candidates.count) : reply.compactMap { Int($0) }
            let isClear = reply == ["all"] || numbers.count == reply.count
            guard isClear, numbers.allSatisfy({ (1...candidates.count).contains($0) }) else {
                say("Type numbers from 1 to \(candidates.count).")
                continue
            }
            for number in Set(numbers).sorted() { try add(candidates[number - 1].path, &setUp) }
            return
        }
    }

    private func add(_ path: FileName, _ setUp: inout ConfigurationSetUp) throws(Failure) {
        guard setUp.isThereAFolder(at: path) || path.bytes.first != UInt8(ascii: "/") else {
            say("There is no folder \(path).")
            return
        }
        var requiresMount = false
        if setUp.isMounted(path) {
            say("\(path) is a file system of its own. If it is not mounted one day, the folder is empty.")
            requiresMount = try agrees("Must it be mounted for a backup, so that nothing is deleted then?")
        }
        do {
            try setUp.add(path: path, requiresMount: requiresMount)
        } catch {
            tell(error)
        }
    }

    private func askForRecipients(_ setUp: inout ConfigurationSetUp) throws(Failure) {
        while true {
            let reply = try words(
                "Who gets mail when something is wrong? Addresses or users, '-' for nobody (Enter: root): "
            )
            if reply.isEmpty { return }
            do {
                try setUp.setRecipients(reply == ["-"] ? [] : reply)
                return
            } catch {
                tell(error)
            }
        }
    }

    private func tell(_ failure: Failure) {
        say(failure.message)
        if let hint = failure.hint { say("  hint: \(hint)") }
    }

    private func agrees(_ question: String) throws(Failure) -> Bool {
        while true {
            switch try words("\(question) [Y/n] ").joined().lowercased() {
            case "", "y", "yes": return true
            case "n", "no": return false
            default: say("Type 'y' or 'n'.")
            }
        }
    }

    private static func trimmed(_ reply: String) -> Substring {
        var reply = reply.drop(while: \.isWhitespace)
        while reply.last?.isWhitespace == true { reply.removeLast() }
        return reply
    }

    /// What stands between blanks and commas.
    private func words(_ question: String) throws(Failure) -> [String] {
        try answer(question).split { $0 == "," || $0.isWhitespace }.map(String.init)
    }
}
