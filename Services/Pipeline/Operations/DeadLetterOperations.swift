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
    /// - Returns: why it is not kept; `nil` where it is.
    @discardableResult
    func park(_ letter: DeadLetter, as principal: Principal) async throws -> String? {
        try principal.require(.serveStages)
        return try await store.write(as: principal) { transaction in
            var letter = letter
            while let kept = try transaction.deadLetters.find(letter.id) {
                guard kept.sender != letter.sender else {
                    try transaction.deadLetters.add(letter)
                    return nil
                }
                letter.id = MessageID(rawValue: "\(letter.id).\(letter.sender ?? "unchecked")")
            }
            let (held, limit) = (try transaction.deadLetters.held(of: letter.sender), DeadLetter.limit)
            guard held.count < limit.count, held.bytes + letter.bytes <= limit.bytes else {
                return "\(held.count) messages of its sender are parked already, of \(held.bytes) bytes"
            }
            try transaction.deadLetters.add(letter)
            return nil
        }
    }

    /// Sends it to the queue it came from once more.
    func retry(_ id: MessageID, as principal: Principal) async throws {
        try principal.require(.retryParked)
        try await store.write(as: principal) { transaction in
            guard let letter = try transaction.deadLetters.find(id) else { throw OperationError.unknown(id) }
            if letter.isOfOutbox {
                try transaction.resend(try Self.readable(letter))
                try transaction.deadLetters.remove(id)
                return try transaction.audit(
                    .retryParked, by: principal, of: id.rawValue, run: letter.run, before: letter.audited)
            }
            guard MessageMap.takesWork(letter.queue) else {
                throw OperationError(
                    .conflict, "no_such_queue",
                    "the message “\(id)” was parked at “\(letter.queue)”, which is no queue that takes messages",
                    remedy: "drop it, and let what sent it come again")
            }
            try transaction.resend(letter.resent)
            try transaction.deadLetters.remove(id)
            try transaction.audit(.retryParked, by: principal, of: id.rawValue, run: letter.run, before: letter.audited)
        }
    }

    private static func readable(_ letter: DeadLetter) throws -> PreparedMessage {
        do {
            return try letter.ofOutbox()
        } catch {
            throw OperationError(
                .conflict, "unreadable",
                "the message “\(letter.id)” of the outbox cannot be read by Slipway \(Version.current): \(error)",
                remedy: "send it again with the version that wrote it, or drop it")
        }
    }

    /// Keeps a message that is decided and that this version cannot read, so that the others go.
    func setAside(_ row: UnreadableMessage, as principal: Principal) async throws {
        try principal.require(.serveStages)
        try await store.write(as: principal) { transaction in
            try transaction.deadLetters.add(DeadLetter(row, now: transaction.now))
            try transaction.forget(row)
        }
    }

    /// Sends what an earlier version could not read and this one can.
    func sendReadable(as principal: Principal) async throws {
        try principal.require(.serveStages)
        try await store.write(as: principal) { transaction in
            for letter in try transaction.deadLetters.ofOutbox() {
                do {
                    try transaction.resend(try letter.ofOutbox())
                } catch is DecodingError {
                    continue
                } catch is WireError {
                    continue
                }
                try transaction.deadLetters.remove(letter.id)
            }
        }
    }

    /// Sends to their queues what services that were replaced before the platform have parked until its upgrade, since it
    /// bore no login.
    func passEarlier(as principal: Principal) async throws {
        try principal.require(.serveStages)
        try await store.write(as: principal) { transaction in
            let letters = transaction.deadLetters
            guard let moment = try letters.upgradedAt() else { return }
            for letter in try letters.unsigned(before: moment) where MessageMap.takesWork(letter.queue) {
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
        try await store.write(as: principal) { [letter] in try $0.resend(letter.resent) }
    }

    func remove(_ id: MessageID, as principal: Principal) async throws {
        try principal.require(.dropParked)
        try await store.write(as: principal) { transaction in
            guard let letter = try transaction.deadLetters.find(id) else { throw OperationError.unknown(id) }
            try transaction.deadLetters.remove(id)
            try transaction.audit(.dropParked, by: principal, of: id.rawValue, run: letter.run, before: letter.audited)
        }
    }
}

extension DeadLetter {
    /// What it was, without what is in it.
    fileprivate var audited: JSONValue {
        ["type": .string(type), "queue": .string(queue), "reason": .string(reason)]
    }
}
