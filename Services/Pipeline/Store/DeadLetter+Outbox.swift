import Contracts
import FoundationEssentials
import Messaging
import Storage

/// Messages that are decided and that this version cannot read.
extension DeadLetter {
    /// What stands for their queue.
    static let outbox = "outbox"

    init(_ row: UnreadableMessage, now: Timestamp) {
        self.init(
            id: MessageID(rawValue: "outbox.\(row.sequence)"), queue: Self.outbox, type: "", version: 0, run: nil,
            contentType: "application/json",
            reason:
                "it was to be sent, and Slipway \(Version.current) cannot read it: \(row.reason); each start tries again",
            body: row.text, parkedAt: now, sender: nil)
    }

    var isOfOutbox: Bool { queue == Self.outbox }

    /// The message as it was to be sent.
    /// - Throws: where this version cannot read it.
    func ofOutbox() throws -> PreparedMessage { try Wire.decode(PreparedMessage.self, from: Data(body.utf8)) }
}
