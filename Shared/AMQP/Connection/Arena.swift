import CRabbitMQ

/// Memory for the strings and tables of one call of the library, given back all at once.
///
/// Belongs to one ``Wire`` and its thread.
final class Arena {
    private static let blockSize = 16 << 10
    private let block = UnsafeMutableRawPointer.allocate(byteCount: blockSize, alignment: 16)
    private var used = 0
    /// What did not fit into the block.
    private var extra: [UnsafeMutableRawPointer] = []

    deinit {
        reset()
        block.deallocate()
    }

    /// Makes everything that was handed out invalid.
    func reset() {
        used = 0
        for pointer in extra { pointer.deallocate() }
        extra.removeAll()
    }

    func bytes(_ text: String) -> amqp_bytes_t {
        text.utf8Span.span.withUnsafeBytes { copy($0) }
    }

    func bytes(_ bytes: [UInt8]) -> amqp_bytes_t {
        bytes.withUnsafeBytes { copy($0) }
    }

    func table(_ values: [String: HeaderValue]) -> amqp_table_t {
        guard !values.isEmpty else { return amqp_table_t(num_entries: 0, entries: nil) }
        let entries = allocate(amqp_table_entry_t.self, values.count)
        for (index, (key, value)) in values.enumerated() {
            entries[index] = amqp_table_entry_t(key: bytes(key), value: field(value))
        }
        return amqp_table_t(num_entries: Int32(values.count), entries: entries)
    }

    private func field(_ value: HeaderValue) -> amqp_field_value_t {
        var field = amqp_field_value_t()
        switch value {
        case .string(let text):
            field.kind = UInt8(AMQP_FIELD_KIND_UTF8.rawValue)
            field.value.bytes = bytes(text)
        case .integer(let number):
            field.kind = UInt8(AMQP_FIELD_KIND_I64.rawValue)
            field.value.i64 = number
        case .double(let number):
            field.kind = UInt8(AMQP_FIELD_KIND_F64.rawValue)
            field.value.f64 = number
        case .bool(let flag):
            field.kind = UInt8(AMQP_FIELD_KIND_BOOLEAN.rawValue)
            field.value.boolean = flag ? 1 : 0
        case .bytes(let content):
            field.kind = UInt8(AMQP_FIELD_KIND_BYTES.rawValue)
            field.value.bytes = bytes(content)
        case .timestamp(let seconds):
            field.kind = UInt8(AMQP_FIELD_KIND_TIMESTAMP.rawValue)
            field.value.u64 = seconds
        case .array(let values):
            field.kind = UInt8(AMQP_FIELD_KIND_ARRAY.rawValue)
            let entries = allocate(amqp_field_value_t.self, values.count)
            for (index, value) in values.enumerated() { entries[index] = self.field(value) }
            field.value.array = amqp_array_t(num_entries: Int32(values.count), entries: entries)
        case .table(let values):
            field.kind = UInt8(AMQP_FIELD_KIND_TABLE.rawValue)
            field.value.table = table(values)
        case .null:
            field.kind = UInt8(AMQP_FIELD_KIND_VOID.rawValue)
        }
        return field
    }

    private func copy(_ source: UnsafeRawBufferPointer) -> amqp_bytes_t {
        guard let base = source.baseAddress, source.count > 0 else { return amqp_bytes_t(len: 0, bytes: nil) }
        let target = allocate(source.count)
        target.copyMemory(from: base, byteCount: source.count)
        return amqp_bytes_t(len: source.count, bytes: target)
    }

    private func allocate<T>(_ type: T.Type, _ count: Int) -> UnsafeMutablePointer<T> {
        allocate(MemoryLayout<T>.stride * count).bindMemory(to: type, capacity: count)
    }

    private func allocate(_ size: Int) -> UnsafeMutableRawPointer {
        let aligned = (used + 15) & ~15
        if aligned + size <= Self.blockSize {
            used = aligned + size
            return block + aligned
        }
        let pointer = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
        extra.append(pointer)
        return pointer
    }
}
