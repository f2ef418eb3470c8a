import Contracts
import Hummingbird

/// Messages no handler could take.
struct ParkedPages {
    let responder: PageResponder
    let letters: DeadLetterOperations

    func register(on router: some RouterMethods<APIContext>) {
        router.page(.get, .parked) { request, context in
            await responder.show(request, context) { principal in
                let now = Timestamp.now
                let rows = try await letters.list(limit: 200, as: principal).items.map {
                    ParkedRow($0, now: now)
                }
                return responder.page(
                    "parked", "Parked messages", ["letters": rows, "hasLetters": !rows.isEmpty], section: .parked,
                    for: principal)
            }
        }
        router.page(.post, .parked) { request, context in
            await responder.act(request, context) { form, principal in
                try await letters.retry(MessageID(rawValue: form.text("id") ?? ""), as: principal)
                return .redirect(to: PagePath.parked.path(), type: .normal)
            }
        }
    }
}

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
