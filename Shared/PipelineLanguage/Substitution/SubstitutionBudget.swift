/// What replacing may cost, over all the texts of a process together. Each of them may be short and cheap enough; a file
/// can have a hundred thousand, and a commit's message may be as long as somebody likes.
final class SubstitutionBudget {
    /// Steps a search for patterns may take.
    var work = 4_000_000
    /// Bytes that may be put together.
    var bytes = 16 << 20

    var isSpent: Bool { work < 0 || bytes < 0 }
}
