extension AMQPError {
    /// What the broker's reply codes mean, for something that was asked on a channel.
    init(refusal code: UInt16, _ text: String, subject: String) {
        let meaning: (Code, String) =
            switch code {
            case 403: (.accessRefused, "the broker does not allow \(subject)")
            case 404: (.notFound, "\(subject) needs what does not exist")
            case 405: (.resourceLocked, "\(subject) is held by another connection")
            case 406: (.preconditionFailed, "the broker refused \(subject) as it is asked for")
            case 320: (.connectionLost, "the broker closed the connection over \(subject)")
            // What a quorum queue without a leader says: one that was declared just before its node was killed.
            case 541:
                (
                    .connectionLost,
                    "the broker failed at \(subject); if it does so again and again, the queue has no leader: delete "
                        + "it with rabbitmqctl delete_queue, and it is declared anew"
                )
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
