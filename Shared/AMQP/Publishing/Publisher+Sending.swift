import DequeModule

extension Publisher {
    /// Whether there is something to send that only waits for room in the socket.
    var wantsToWrite: Bool {
        partial != nil || hasNext
    }

    private var hasNext: Bool {
        guard blocked == nil else { return false }
        return callSetup == nil && !waitingCalls.isEmpty
            || confirmSetup == nil && !waiting.isEmpty && window.hasRoom
    }

    /// Sends as much as the window, the socket and the broker allow.
    func transmit(_ wire: Wire) throws(AMQPError) {
        while wantsToWrite, wire.isWritable {
            try enqueue(wire)
            try wire.flush()
        }
    }

    private func enqueue(_ wire: Wire) throws(AMQPError) {
        var budget = Wire.writeBudget
        while budget > 0, wantsToWrite {
            if let partial {
                budget -= try sendPart(partial, wire)
            } else if callSetup == nil, let call = waitingCalls.popFirst() {
                budget -= try start(call, on: Self.callChannel, wire)
            } else if let pending = waiting.popFirst() {
                guard absent.isEmpty || absent[pending.outgoing.message.exchange] == nil else {
                    absent[pending.outgoing.message.exchange]?.messages.append(pending)
                    continue
                }
                budget -= try start(pending, on: Self.confirmChannel, wire)
            }
        }
    }

    /// - Returns: About how many bytes it took.
    private func start(_ pending: PendingMessage, on channel: UInt16, _ wire: Wire) throws(AMQPError) -> Int {
        var pending = pending
        pending.attempts += 1
        pending.returned = nil
        var message = pending.outgoing.message
        // Recorded first: should the connection break in the middle, the message goes again.
        if channel == Self.confirmChannel {
            window.append(pending)
        } else {
            openCalls[message.properties.correlationID ?? ""] = pending
            // Nobody waits for the answer any longer than that.
            message.properties.expiration = max(.zero, ContinuousClock.now.duration(to: pending.outgoing.deadline))
        }
        try wire.enqueue(startOf: message, mandatory: pending.outgoing.isMandatory, on: channel)
        if !message.body.isEmpty { partial = Partial(body: message.body, channel: channel, offset: 0) }
        return 1024
    }

    private func sendPart(_ part: Partial, _ wire: Wire) throws(AMQPError) -> Int {
        let end = try wire.enqueue(body: part.body, from: part.offset, on: part.channel)
        partial = end < part.body.count ? Partial(body: part.body, channel: part.channel, offset: end) : nil
        return end - part.offset
    }

    func openConfirmChannel() throws(AMQPError) {
        let setup = ChannelSetup([.confirmSelect])
        confirmSetup = setup
        try wire?.send(setup.begin(), on: Self.confirmChannel)
    }

    func openCallChannel() throws(AMQPError) {
        let setup = ChannelSetup([.consume(queue: Self.replyQueue, tag: "replies", automaticAck: true)])
        callSetup = setup
        try wire?.send(setup.begin(), on: Self.callChannel)
    }
}
