import CRabbitMQ

extension Wire {
    /// Sends a method at once.
    func send(_ method: ClientMethod, on channel: UInt16) throws(AMQPError) {
        try enqueue(method, on: channel)
        try flush()
    }

    /// Puts a method into the queue.
    func enqueue(_ method: ClientMethod, on channel: UInt16) throws(AMQPError) {
        defer { arena.reset() }
        switch method {
        case .connectionClose:
            try enqueue(
                AMQP_CONNECTION_CLOSE_METHOD, on: 0,
                amqp_connection_close_t(reply_code: 200, reply_text: arena.bytes("OK"), class_id: 0, method_id: 0))
        case .connectionCloseOk:
            try enqueue(AMQP_CONNECTION_CLOSE_OK_METHOD, on: 0, amqp_connection_close_ok_t())
        case .channelOpen:
            try enqueue(AMQP_CHANNEL_OPEN_METHOD, on: channel, amqp_channel_open_t())
        case .channelClose:
            try enqueue(
                AMQP_CHANNEL_CLOSE_METHOD, on: channel,
                amqp_channel_close_t(reply_code: 200, reply_text: arena.bytes("OK"), class_id: 0, method_id: 0))
        case .channelCloseOk:
            try enqueue(AMQP_CHANNEL_CLOSE_OK_METHOD, on: channel, amqp_channel_close_ok_t())
        case .exchangeDeclare(let exchange):
            var declare = amqp_exchange_declare_t()
            declare.exchange = arena.bytes(exchange.name)
            declare.type = arena.bytes(exchange.kind.rawValue)
            declare.durable = exchange.durable ? 1 : 0
            declare.auto_delete = exchange.autoDelete ? 1 : 0
            declare.arguments = arena.table(exchange.arguments)
            try enqueue(AMQP_EXCHANGE_DECLARE_METHOD, on: channel, declare)
        case .queueDeclare(let queue):
            var declare = amqp_queue_declare_t()
            declare.queue = arena.bytes(queue.name)
            declare.passive = queue.isPassive ? 1 : 0
            declare.durable = queue.durable ? 1 : 0
            declare.exclusive = queue.exclusive ? 1 : 0
            declare.auto_delete = queue.autoDelete ? 1 : 0
            declare.arguments = arena.table(queue.arguments)
            try enqueue(AMQP_QUEUE_DECLARE_METHOD, on: channel, declare)
        case .queueBind(let binding):
            var bind = amqp_queue_bind_t()
            bind.queue = arena.bytes(binding.queue)
            bind.exchange = arena.bytes(binding.exchange)
            bind.routing_key = arena.bytes(binding.routingKey)
            bind.arguments = arena.table(binding.arguments)
            try enqueue(AMQP_QUEUE_BIND_METHOD, on: channel, bind)
        case .queueInspect(let name):
            var declare = amqp_queue_declare_t()
            declare.queue = arena.bytes(name)
            declare.passive = 1
            try enqueue(AMQP_QUEUE_DECLARE_METHOD, on: channel, declare)
        case .queueUnbind(let binding):
            var unbind = amqp_queue_unbind_t()
            unbind.queue = arena.bytes(binding.queue)
            unbind.exchange = arena.bytes(binding.exchange)
            unbind.routing_key = arena.bytes(binding.routingKey)
            unbind.arguments = arena.table(binding.arguments)
            try enqueue(AMQP_QUEUE_UNBIND_METHOD, on: channel, unbind)
        case .queueDelete(let name):
            var delete = amqp_queue_delete_t()
            delete.queue = arena.bytes(name)
            try enqueue(AMQP_QUEUE_DELETE_METHOD, on: channel, delete)
        case .prefetch(let count):
            try enqueue(
                AMQP_BASIC_QOS_METHOD, on: channel,
                amqp_basic_qos_t(prefetch_size: 0, prefetch_count: count, global: 0))
        case .consume(let queue, let tag, let automaticAck):
            var consume = amqp_basic_consume_t()
            consume.queue = arena.bytes(queue)
            consume.consumer_tag = arena.bytes(tag)
            consume.no_ack = automaticAck ? 1 : 0
            try enqueue(AMQP_BASIC_CONSUME_METHOD, on: channel, consume)
        case .cancel(let tag):
            try enqueue(
                AMQP_BASIC_CANCEL_METHOD, on: channel,
                amqp_basic_cancel_t(consumer_tag: arena.bytes(tag), nowait: 0))
        case .confirmSelect:
            try enqueue(AMQP_CONFIRM_SELECT_METHOD, on: channel, amqp_confirm_select_t(nowait: 0))
        case .settle(let tag, .ack):
            try enqueue(AMQP_BASIC_ACK_METHOD, on: channel, amqp_basic_ack_t(delivery_tag: tag, multiple: 0))
        case .settle(let tag, let verdict):
            try enqueue(
                AMQP_BASIC_REJECT_METHOD, on: channel,
                amqp_basic_reject_t(delivery_tag: tag, requeue: verdict == .requeue ? 1 : 0))
        }
    }

    /// Puts the two frames a message begins with into the queue. Its body, if it has one, must follow on the same
    /// channel.
    func enqueue(
        startOf message: OutgoingMessage, mandatory: Bool, on channel: UInt16
    ) throws(AMQPError) {
        defer { arena.reset() }
        var publish = amqp_basic_publish_t()
        publish.exchange = arena.bytes(message.exchange)
        publish.routing_key = arena.bytes(message.routingKey)
        publish.mandatory = mandatory ? 1 : 0
        try enqueue(AMQP_BASIC_PUBLISH_METHOD, on: channel, publish)

        var properties = encode(message.properties)
        let status = withUnsafeMutablePointer(to: &properties) { pointer in
            var frame = amqp_frame_t()
            frame.frame_type = UInt8(AMQP_FRAME_HEADER)
            frame.channel = channel
            frame.payload.properties.class_id = UInt16(AMQP_BASIC_CLASS)
            frame.payload.properties.body_size = UInt64(message.body.count)
            frame.payload.properties.decoded = UnsafeMutableRawPointer(pointer)
            return enqueue(&frame)
        }
        guard status == AMQP_STATUS_OK.rawValue else { throw lost(status) }
    }

    /// Puts the part of a body that begins at `offset` into the queue, as much as one frame takes.
    ///
    /// - Returns: The offset behind it.
    func enqueue(body: [UInt8], from offset: Int, on channel: UInt16) throws(AMQPError) -> Int {
        // Eight bytes go to the frame's own header and end.
        let end = min(body.count, offset + Self.frameSize - 8)
        var frame = amqp_frame_t()
        frame.frame_type = UInt8(AMQP_FRAME_BODY)
        frame.channel = channel
        let status = body.withUnsafeBytes { bytes in
            frame.payload.body_fragment = amqp_bytes_t(
                len: end - offset, bytes: UnsafeMutableRawPointer(mutating: bytes.baseAddress.map { $0 + offset }))
            return enqueue(&frame)
        }
        guard status == AMQP_STATUS_OK.rawValue else { throw lost(status) }
        return end
    }

    private func enqueue<T: BitwiseCopyable>(_ id: UInt32, on channel: UInt16, _ content: T) throws(AMQPError) {
        guard isOpen else { throw AMQPError(.connectionLost, "the connection to \(endpoint) is closed") }
        var content = content
        let status = withUnsafeMutablePointer(to: &content) { pointer in
            var frame = amqp_frame_t()
            frame.frame_type = UInt8(AMQP_FRAME_METHOD)
            frame.channel = channel
            frame.payload.method = amqp_method_t(id: id, decoded: pointer)
            return enqueue(&frame)
        }
        guard status == AMQP_STATUS_OK.rawValue else { throw lost(status) }
    }

    /// - Returns: The library's status.
    private func enqueue(_ frame: inout amqp_frame_t) -> Int32 {
        guard !isEncrypted else { return amqp_send_frame(handle, &frame) }
        let status = queue.append(frame)
        guard status != AMQP_STATUS_OK.rawValue, !queue.bytes.isEmpty else { return status }
        // It may only have been full.
        let flushed = flushed()
        return flushed == AMQP_STATUS_OK.rawValue ? queue.append(frame) : flushed
    }

    private func encode(_ properties: MessageProperties) -> amqp_basic_properties_t {
        var encoded = amqp_basic_properties_t()
        var flags = AMQP_BASIC_DELIVERY_MODE_FLAG
        encoded.delivery_mode = UInt8(
            (properties.persistent ? AMQP_DELIVERY_PERSISTENT : AMQP_DELIVERY_NONPERSISTENT).rawValue)
        func text(_ text: String?, _ flag: Int32) -> amqp_bytes_t {
            guard let text else { return amqp_bytes_t() }
            flags |= flag
            return arena.bytes(text)
        }
        encoded.content_type = text(properties.contentType, AMQP_BASIC_CONTENT_TYPE_FLAG)
        encoded.message_id = text(properties.messageID, AMQP_BASIC_MESSAGE_ID_FLAG)
        encoded.type = text(properties.type, AMQP_BASIC_TYPE_FLAG)
        encoded.correlation_id = text(properties.correlationID, AMQP_BASIC_CORRELATION_ID_FLAG)
        encoded.reply_to = text(properties.replyTo, AMQP_BASIC_REPLY_TO_FLAG)
        encoded.expiration = text(
            properties.expiration.map { "\(max(0, Int64($0 / .milliseconds(1))))" }, AMQP_BASIC_EXPIRATION_FLAG)
        encoded.user_id = text(username, AMQP_BASIC_USER_ID_FLAG)
        if let timestamp = properties.timestamp {
            encoded.timestamp = timestamp
            flags |= AMQP_BASIC_TIMESTAMP_FLAG
        }
        if !properties.headers.isEmpty {
            encoded.headers = arena.table(properties.headers)
            flags |= AMQP_BASIC_HEADERS_FLAG
        }
        encoded._flags = UInt32(flags)
        return encoded
    }
}
