import Contracts

/// A parked message as its page shows it.
struct ParkedRow: Sendable {
    let id: String
    let type: String
    let queue: String
    let reason: String
    let body: String
    let parked: String
    let ago: String

    init(_ letter: DeadLetterView, now: Timestamp) {
        id = letter.id.rawValue
        type = letter.type
        queue = letter.queue
        reason = letter.reason
        body = JSONLayout.tidy(letter.body)
        parked = letter.parkedAt.description
        ago = TimeText.ago(letter.parkedAt, now: now)
    }
}
