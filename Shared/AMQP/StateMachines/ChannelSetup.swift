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

    mutating func received(_ method: ServerMethod) -> Action {
        switch method {
        case .channelClose(let code, let text), .connectionClose(let code, let text):
            return .failed(AMQPError(refusal: code, text, subject: subject))
        case methods[position].answer:
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

extension ClientMethod {
    /// What the broker answers when it agrees; `nil` for what it does not answer.
    var answer: ServerMethod? {
        switch self {
        case .channelOpen: .channelOpenOk
        case .channelClose: .channelCloseOk
        case .exchangeDeclare: .exchangeDeclareOk
        case .queueDeclare: .queueDeclareOk
        case .queueBind: .queueBindOk
        case .prefetch: .prefetchOk
        case .consume: .consumeOk
        case .cancel: .cancelOk
        case .confirmSelect: .confirmSelectOk
        case .connectionClose: .connectionCloseOk
        case .connectionCloseOk, .channelCloseOk, .settle: nil
        }
    }

    /// What it is about, for a person.
    var subject: String {
        switch self {
        case .exchangeDeclare(let exchange): "the exchange '\(exchange.name)'"
        case .queueDeclare(let queue): "the queue '\(queue.name)'"
        case .queueBind(let binding):
            "the binding of the queue '\(binding.queue)' to '\(binding.exchange)' by '\(binding.routingKey)'"
        case .consume(let queue, _, _): "a consumer of the queue '\(queue)'"
        default: "a channel"
        }
    }
}

extension AMQPError {
    /// What the broker's reply codes mean, for something that was asked on a channel.
    init(refusal code: UInt16, _ text: String, subject: String) {
        let meaning: (Code, String) =
            switch code {
            case 403: (.accessRefused, "the broker does not allow \(subject)")
            case 404: (.notFound, "\(subject) needs what does not exist")
            case 405: (.resourceLocked, "\(subject) is held by another connection")
            case 406: (.preconditionFailed, "the broker refused \(subject) as it is asked for")
            case 320, 541: (.connectionLost, "the broker closed the connection over \(subject)")
            case 530: (.accessRefused, "the broker does not allow \(subject)")
            case 311: (.tooLarge, "\(subject) is larger than the broker takes")
            default: (.protocolViolation, "the broker refused \(subject)")
            }
        self.init(meaning.0, meaning.1, cause: "\(code) \(text)")
    }

    /// Whether it cannot mend itself: somebody has to change a setting or the broker.
    var isPermanent: Bool {
        switch code {
        case .invalidConfiguration, .authentication, .accessRefused, .notFound, .preconditionFailed: true
        default: false
        }
    }
}

extension Topology {
    /// What declares all of it.
    var declarations: [ClientMethod] {
        exchanges.map(ClientMethod.exchangeDeclare) + queues.map(ClientMethod.queueDeclare)
            + bindings.map(ClientMethod.queueBind)
    }

    /// What declares one queue and what it is bound to, as far as they are part of this topology.
    func declarations(of queue: String) -> [ClientMethod] {
        let bindings = bindings.filter { $0.queue == queue }
        let sources = Set(bindings.map(\.exchange))
        return Topology(
            exchanges: exchanges.filter { sources.contains($0.name) }, queues: queues.filter { $0.name == queue },
            bindings: bindings
        ).declarations
    }
}
