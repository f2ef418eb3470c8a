import DequeModule

extension Publisher {
    /// Takes in all that has arrived.
    func receive(_ wire: Wire) throws(AMQPError) {
        while let (channel, frame) = try wire.receive() {
            switch (channel, frame) {
            case (0, .method(let method)):
                try connectionSays(method, wire)
            case (Self.confirmChannel, .method(let method)):
                try confirmChannelSays(method, wire)
            case (Self.confirmChannel, .header(let size, let properties)):
                try assembled(confirmAssembly.header(bodySize: size, properties))
            case (Self.confirmChannel, .body(let part)):
                try assembled(confirmAssembly.body(part))
            case (Self.callChannel, .method(let method)):
                try callChannelSays(method, wire)
            case (Self.callChannel, .header(let size, let properties)):
                try assembled(callAssembly.header(bodySize: size, properties))
            case (Self.callChannel, .body(let part)):
                try assembled(callAssembly.body(part))
            default:
                throw AMQPError(.protocolViolation, "\(wire.endpoint) sent a frame on a channel that is not open")
            }
        }
    }

    private func connectionSays(_ method: ServerMethod, _ wire: Wire) throws(AMQPError) {
        switch method {
        case .connectionClose(let code, let text):
            try wire.send(.connectionCloseOk, on: 0)
            throw AMQPError(.connectionLost, "\(wire.endpoint) closed the connection", cause: "\(code) \(text)")
        case .connectionCloseOk:
            closed()
        case .connectionBlocked(let reason):
            blocked = reason
            board.set(.publish, .blocked(reason: reason))
        case .connectionUnblocked:
            blocked = nil
            board.set(.publish, .up(host: wire.endpoint.description))
        default:
            break
        }
    }

    private func confirmChannelSays(_ method: ServerMethod, _ wire: Wire) throws(AMQPError) {
        switch method {
        case .ack(let tag, let multiple):
            window.settle(tag, multiple: multiple) { pending in
                if let error = pending.returned {
                    pending.outgoing.failed(error)
                } else {
                    pending.outgoing.confirmed()
                }
            }
        case .nack(let tag, let multiple):
            window.settle(tag, multiple: multiple) { pending in
                let message = pending.outgoing.message
                pending.outgoing.failed(
                    AMQPError(
                        .nacked,
                        "the broker refused the message to '\(message.exchange)' with the routing key "
                            + "'\(message.routingKey)': a queue is full or has lost its majority"))
            }
        case .returned(let code, let text, let exchange, let routingKey):
            try assembled(
                confirmAssembly.begin(.returned(code: code, text: text), exchange: exchange, routingKey: routingKey))
        case .channelClose(let code, let text):
            try confirmChannelClosed(code, text, wire)
        default:
            guard var setup = confirmSetup else { return }
            let action = setup.received(method)
            confirmSetup = setup
            switch action {
            case .send(let next): try wire.send(next, on: Self.confirmChannel)
            case .finished: confirmSetup = nil
            case .failed(let error): throw error
            case .none: break
            }
        }
    }

    /// The broker refused a message by closing the channel, and with it forgot all that were on their way.
    private func confirmChannelClosed(_ code: UInt16, _ text: String, _ wire: Wire) throws(AMQPError) {
        try wire.send(.channelCloseOk, on: Self.confirmChannel)
        if partial?.channel == Self.confirmChannel { partial = nil }
        confirmAssembly = ContentAssembly(limit: configuration.maximumBodySize)
        let outstanding = window.drain()
        // It names the exchange but not the message. Where it names one, the messages to others are innocent.
        let guilty = outstanding.filter { text.contains("exchange '\($0.outgoing.message.exchange)'") }
        if code == 404, let exchange = guilty.first?.outgoing.message.exchange {
            // Whoever declares it may only be starting.
            waiting.prepend(contentsOf: outstanding)
            absent[exchange] = (.now + Self.absence, [])
            return try openConfirmChannel()
        }
        for pending in guilty.isEmpty ? outstanding : guilty {
            let subject = "a message to the exchange '\(pending.outgoing.message.exchange)'"
            pending.outgoing.failed(AMQPError(refusal: code, text, subject: subject))
        }
        if !guilty.isEmpty {
            let ids = Set(guilty.map(\.outgoing.id))
            waiting.prepend(contentsOf: outstanding.filter { !ids.contains($0.outgoing.id) })
        }
        try openConfirmChannel()
    }

    /// Tries again what waits for an exchange.
    func takeUpAbsent(where isDue: (ContinuousClock.Instant) -> Bool) {
        guard !absent.isEmpty else { return }
        for (exchange, held) in absent where isDue(held.retryAt) {
            absent[exchange] = nil
            waiting.prepend(contentsOf: held.messages)
        }
    }

    private func callChannelSays(_ method: ServerMethod, _ wire: Wire) throws(AMQPError) {
        switch method {
        case .deliver(let tag, let redelivered, let exchange, let routingKey):
            try assembled(
                callAssembly.begin(
                    .delivered(tag: tag, redelivered: redelivered), exchange: exchange, routingKey: routingKey))
        case .returned(let code, let text, let exchange, let routingKey):
            try assembled(
                callAssembly.begin(.returned(code: code, text: text), exchange: exchange, routingKey: routingKey))
        case .channelClose(let code, let text):
            try wire.send(.channelCloseOk, on: Self.callChannel)
            if partial?.channel == Self.callChannel { partial = nil }
            callAssembly = ContentAssembly(limit: configuration.maximumBodySize)
            for pending in openCalls.values {
                let subject = "a request to the exchange '\(pending.outgoing.message.exchange)'"
                pending.outgoing.failed(AMQPError(refusal: code, text, subject: subject))
            }
            openCalls.removeAll()
            try openCallChannel()
        default:
            guard var setup = callSetup else { return }
            let action = setup.received(method)
            callSetup = setup
            switch action {
            case .send(let next): try wire.send(next, on: Self.callChannel)
            case .finished: callSetup = nil
            case .failed(let error): throw error
            case .none: break
            }
        }
    }

    private func assembled(_ result: ContentAssembly.Result) throws(AMQPError) {
        switch result {
        case .incomplete:
            break
        case .message(.returned(let code, let text), let message):
            returned(message, code, text)
        case .message(.delivered, let message):
            // A reply nobody waits for any more is dropped.
            guard let id = message.properties.correlationID else { return }
            openCalls.removeValue(forKey: id)?.outgoing.answered(message)
        case .oversized(_, let size):
            // It does not say whose reply it was: the call runs into its timeout and finds this as the cause.
            note(AMQPError(.tooLarge, "a reply of \(size) bytes is larger than \(configuration.maximumBodySize)"))
        case .violation(let error):
            throw error
        }
    }

    private func returned(_ message: IncomingMessage, _ code: UInt16, _ text: String) {
        let error = AMQPError(
            .unroutable,
            "no queue takes messages of the exchange '\(message.exchange)' with the routing key "
                + "'\(message.routingKey)'", cause: "\(code) \(text)")
        if let id = message.properties.correlationID, let call = openCalls.removeValue(forKey: id) {
            call.outgoing.failed(error)
            return
        }
        window.update { pending in
            let sent = pending.outgoing.message
            guard pending.returned == nil, sent.properties.messageID == message.properties.messageID,
                sent.exchange == message.exchange, sent.routingKey == message.routingKey
            else { return false }
            pending.returned = error
            return true
        }
    }
}
