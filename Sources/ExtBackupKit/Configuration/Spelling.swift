/// Finds what a person may have meant.
enum Spelling {
    /// The candidate that fewest edits turn into `word`, when they are few enough to be a slip.
    static func nearest(to word: String, in candidates: [String]) -> String? {
        // No slip makes one of our keys longer than twice its length.
        guard let longest = candidates.map(\.utf8.count).max(), word.utf8.count <= 2 * longest else {
            return nil
        }
        let ranked = candidates.map { (distance(word, $0), $0) }.min { $0.0 < $1.0 }
        guard let (edits, candidate) = ranked, edits <= max(1, candidate.count / 3) else { return nil }
        return candidate
    }

    /// Edits (insert, delete, replace, swap of neighbors) between two words: Damerau's and Levenshtein's
    /// distance in its restricted form.
    static func distance(_ left: String, _ right: String) -> Int {
        let a = Array(left.utf8)
        let b = Array(right.utf8)
        var rows = [Array(0...b.count)]
        for (i, byte) in a.enumerated() {
            var row = [i + 1]
            for (j, other) in b.enumerated() {
                var cost = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (byte == other ? 0 : 1))
                if i > 0, j > 0, byte == b[j - 1], a[i - 1] == other {
                    cost = min(cost, rows[i - 1][j - 1] + 1)
                }
                row.append(cost)
            }
            rows.append(row)
        }
        return rows[a.count][b.count]
    }
}
