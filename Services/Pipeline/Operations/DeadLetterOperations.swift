import Contracts
import Messaging

/// Messages no handler could take, to look at and to send again.
struct DeadLetterOperations: Sendable {
    let store: PipelineStore

    /// The newest first.
    /// - Parameter before: the `next` of an earlier page.
    func list(before: Int64? = nil, limit: Int, as principal: Principal) async throws -> Page<DeadLetterView> {
        try principal.require(.seeParked)
        return try await store.read { try $0.deadLetters.page(before: before, limit: limit) }
    }

    /// Keeps one, durably. One that is parked again replaces what was known of it. Where another sender has taken its id, it
    /// has one made of both, the same each time.
    func park(_ letter: DeadLetter, as principal: Principal) async throws {
        try principal.require(.serveStages)
        try await store.write { transaction in
            var letter = letter
            while let kept = try transaction.deadLetters.find(letter.id), kept.sender != letter.sender {
                letter.id = MessageID(rawValue: "\(letter.id).\(letter.sender ?? "unchecked")")
            }
            try transaction.deadLetters.add(letter)
        }
    }

    /// Sends it to the queue it came from once more.
    func retry(_ id: MessageID, as principal: Principal) async throws {
        try principal.require(.retryParked)
        try await store.write { transaction in
            guard let letter = try transaction.deadLetters.find(id) else { throw OperationError.unknown(id) }
            guard MessageMap.takesWork(letter.queue) else {
                throw OperationError(
                    .conflict, "no_such_queue",
                    "the message “\(id)” was parked at “\(letter.queue)”, which is no queue that takes messages",
                    remedy: "drop it, and let what sent it come again")
            }
            try transaction.resend(letter.resent)
            try transaction.deadLetters.remove(id)
        }
    }

    /// Sends to their queues what services that were replaced before the platform have parked until now, since it bore no
    /// login.
    func passUnsigned(as principal: Principal) async throws {
        try principal.require(.serveStages)
        try await store.write { transaction in
            for letter in try transaction.deadLetters.unsigned() where MessageMap.takesWork(letter.queue) {
                try transaction.resend(letter.resent)
                try transaction.deadLetters.remove(letter.id)
            }
        }
    }

    /// Sends one to its queue at once, as that of an earlier version.
    func pass(_ letter: DeadLetter, as principal: Principal) async throws {
        try principal.require(.serveStages)
        var letter = letter
        letter.sender = nil
        try await store.write { [letter] in try $0.resend(letter.resent) }
    }

    func remove(_ id: MessageID, as principal: Principal) async throws {
        try principal.require(.dropParked)
        try await store.write { transaction in
            guard try transaction.deadLetters.find(id) != nil else { throw OperationError.unknown(id) }
            try transaction.deadLetters.remove(id)
        }
    }
}
