/// A series of methods on one channel, each sent when the one before was answered.
struct ChannelSetup: Sendable {
    enum Action: Sendable, Hashable {
        case send(ClientMethod)
        case finished
        case failed(AMQPError)
        /// The method was no answer to what was asked.
        case none
    }

    private let methods: [ClientMethod]
    private var position = 0

    /// - Parameter methods: What follows the opening of the channel, which is sent first.
    init(_ methods: [ClientMethod]) {
        self.methods = [.channelOpen] + methods
    }

    /// The first method to send.
    func begin() -> ClientMethod { .channelOpen }

    /// What is being set up, for a person.
    var subject: String { methods[position].subject }

    /// Whether a queue is being bound to an exchange.
    var isBinding: Bool { if case .queueBind = methods[position] { true } else { false } }

    /// Whether a queue is being looked for.
    var isLooking: Bool { if case .queueDeclare(let queue) = methods[position] { queue.isPassive } else { false } }

    mutating func received(_ method: ServerMethod) -> Action {
        switch method {
        case .channelClose(let code, let text), .connectionClose(let code, let text):
            return .failed(AMQPError(refusal: code, text, subject: subject))
        case _ where methods[position].isAnswered(by: method):
            position += 1
            guard position < methods.count else {
                position -= 1
                return .finished
            }
            return .send(methods[position])
        default:
            return .none
        }
    }
}
