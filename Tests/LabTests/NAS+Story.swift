import Lab
import Testing

extension NAS.Run {
    /// What the journal says of it, for the one who has to find out why a test failed.
    var story: Comment { Comment(rawValue: "\n" + journal) }
}
