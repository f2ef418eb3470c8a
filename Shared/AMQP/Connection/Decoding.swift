import CRabbitMQ

// Copies of what the library decoded. Its memory is good only until the channel's buffers are released.

extension String {
    /// Text from the broker; what is not UTF-8 is repaired, so that it can be shown.
    init(_ bytes: amqp_bytes_t) {
        self.init(decoding: UnsafeRawBufferPointer(start: bytes.bytes, count: bytes.len), as: UTF8.self)
    }
}

extension [UInt8] {
    init(_ bytes: amqp_bytes_t) {
        self.init(UnsafeRawBufferPointer(start: bytes.bytes, count: bytes.len))
    }
}

extension HeaderValue {
    init(_ field: amqp_field_value_t) {
        let value = field.value
        switch UInt32(field.kind) {
        case AMQP_FIELD_KIND_BOOLEAN.rawValue: self = .bool(value.boolean != 0)
        case AMQP_FIELD_KIND_I8.rawValue: self = .integer(Int64(value.i8))
        case AMQP_FIELD_KIND_U8.rawValue: self = .integer(Int64(value.u8))
        case AMQP_FIELD_KIND_I16.rawValue: self = .integer(Int64(value.i16))
        case AMQP_FIELD_KIND_U16.rawValue: self = .integer(Int64(value.u16))
        case AMQP_FIELD_KIND_I32.rawValue: self = .integer(Int64(value.i32))
        case AMQP_FIELD_KIND_U32.rawValue: self = .integer(Int64(value.u32))
        case AMQP_FIELD_KIND_I64.rawValue: self = .integer(value.i64)
        case AMQP_FIELD_KIND_U64.rawValue: self = .integer(Int64(clamping: value.u64))
        case AMQP_FIELD_KIND_F32.rawValue: self = .double(Double(value.f32))
        case AMQP_FIELD_KIND_F64.rawValue: self = .double(value.f64)
        case AMQP_FIELD_KIND_UTF8.rawValue: self = .string(String(value.bytes))
        case AMQP_FIELD_KIND_BYTES.rawValue: self = .bytes([UInt8](value.bytes))
        case AMQP_FIELD_KIND_TIMESTAMP.rawValue: self = .timestamp(value.u64)
        case AMQP_FIELD_KIND_TABLE.rawValue: self = .table(.init(value.table))
        case AMQP_FIELD_KIND_ARRAY.rawValue:
            let entries = UnsafeBufferPointer(start: value.array.entries, count: Int(value.array.num_entries))
            self = .array(entries.map(HeaderValue.init))
        default: self = .null
        }
    }
}

extension [String: HeaderValue] {
    init(_ table: amqp_table_t) {
        let entries = UnsafeBufferPointer(start: table.entries, count: Int(table.num_entries))
        self.init(entries.map { (String($0.key), HeaderValue($0.value)) }) { _, last in last }
    }
}

extension MessageProperties {
    init(_ properties: amqp_basic_properties_t) {
        func text(_ flag: Int32, _ bytes: amqp_bytes_t) -> String? {
            properties._flags & UInt32(flag) != 0 ? String(bytes) : nil
        }
        let flags = properties._flags
        self.init(
            contentType: text(AMQP_BASIC_CONTENT_TYPE_FLAG, properties.content_type),
            messageID: text(AMQP_BASIC_MESSAGE_ID_FLAG, properties.message_id),
            type: text(AMQP_BASIC_TYPE_FLAG, properties.type),
            correlationID: text(AMQP_BASIC_CORRELATION_ID_FLAG, properties.correlation_id),
            replyTo: text(AMQP_BASIC_REPLY_TO_FLAG, properties.reply_to),
            userID: text(AMQP_BASIC_USER_ID_FLAG, properties.user_id),
            timestamp: flags & UInt32(AMQP_BASIC_TIMESTAMP_FLAG) != 0 ? properties.timestamp : nil,
            expiration: text(AMQP_BASIC_EXPIRATION_FLAG, properties.expiration).flatMap { Int64($0) }.map {
                .milliseconds($0)
            },
            persistent: flags & UInt32(AMQP_BASIC_DELIVERY_MODE_FLAG) != 0
                && UInt32(properties.delivery_mode) == AMQP_DELIVERY_PERSISTENT.rawValue,
            headers: flags & UInt32(AMQP_BASIC_HEADERS_FLAG) != 0 ? .init(properties.headers) : [:])
    }
}

extension ServerMethod {
    init(_ method: amqp_method_t) {
        guard let decoded = method.decoded else {
            self = .other(method.id)
            return
        }
        func content<T: BitwiseCopyable>(_ type: T.Type) -> T { decoded.assumingMemoryBound(to: type).pointee }
        switch method.id {
        case AMQP_BASIC_ACK_METHOD:
            let ack = content(amqp_basic_ack_t.self)
            self = .ack(tag: ack.delivery_tag, multiple: ack.multiple != 0)
        case AMQP_BASIC_NACK_METHOD:
            let nack = content(amqp_basic_nack_t.self)
            self = .nack(tag: nack.delivery_tag, multiple: nack.multiple != 0)
        case AMQP_BASIC_DELIVER_METHOD:
            let deliver = content(amqp_basic_deliver_t.self)
            self = .deliver(
                tag: deliver.delivery_tag, redelivered: deliver.redelivered != 0, exchange: String(deliver.exchange),
                routingKey: String(deliver.routing_key))
        case AMQP_BASIC_RETURN_METHOD:
            let returned = content(amqp_basic_return_t.self)
            self = .returned(
                code: returned.reply_code, text: String(returned.reply_text), exchange: String(returned.exchange),
                routingKey: String(returned.routing_key))
        case AMQP_CONNECTION_CLOSE_METHOD:
            let close = content(amqp_connection_close_t.self)
            self = .connectionClose(code: close.reply_code, text: String(close.reply_text))
        case AMQP_CHANNEL_CLOSE_METHOD:
            let close = content(amqp_channel_close_t.self)
            self = .channelClose(code: close.reply_code, text: String(close.reply_text))
        case AMQP_CONNECTION_BLOCKED_METHOD:
            self = .connectionBlocked(reason: String(content(amqp_connection_blocked_t.self).reason))
        case AMQP_CONNECTION_CLOSE_OK_METHOD: self = .connectionCloseOk
        case AMQP_CONNECTION_UNBLOCKED_METHOD: self = .connectionUnblocked
        case AMQP_CHANNEL_OPEN_OK_METHOD: self = .channelOpenOk
        case AMQP_CHANNEL_CLOSE_OK_METHOD: self = .channelCloseOk
        case AMQP_EXCHANGE_DECLARE_OK_METHOD: self = .exchangeDeclareOk
        case AMQP_QUEUE_DECLARE_OK_METHOD:
            let declared = content(amqp_queue_declare_ok_t.self)
            self = .queueDeclareOk(messages: declared.message_count, consumers: declared.consumer_count)
        case AMQP_QUEUE_UNBIND_OK_METHOD: self = .queueUnbindOk
        case AMQP_QUEUE_DELETE_OK_METHOD: self = .queueDeleteOk
        case AMQP_QUEUE_BIND_OK_METHOD: self = .queueBindOk
        case AMQP_BASIC_QOS_OK_METHOD: self = .prefetchOk
        case AMQP_BASIC_CONSUME_OK_METHOD: self = .consumeOk
        case AMQP_BASIC_CANCEL_METHOD: self = .cancel
        case AMQP_BASIC_CANCEL_OK_METHOD: self = .cancelOk
        case AMQP_CONFIRM_SELECT_OK_METHOD: self = .confirmSelectOk
        default: self = .other(method.id)
        }
    }
}
