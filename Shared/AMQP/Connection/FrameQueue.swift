import CRabbitMQ

/// Frames as they go over the wire, one behind the other, for one write. The library writes each by itself, three for a
/// message.
///
/// Belongs to one ``Wire`` and its thread.
final class FrameQueue {
    /// Type, channel and size.
    private static let headSize = 7
    /// Class, weight and size of the body, before a header's properties.
    private static let contentHeadSize = 12
    private let memory: UnsafeMutableRawBufferPointer
    private var count = 0

    /// - Parameter capacity: In bytes.
    init(capacity: Int) {
        memory = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit {
        memory.deallocate()
    }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[..<count]) }

    func removeAll() {
        count = 0
    }

    /// - Returns: The library's status; with another than `AMQP_STATUS_OK` nothing is added.
    func append(_ frame: amqp_frame_t) -> Int32 {
        guard memory.count - count > Self.headSize + Self.contentHeadSize + 1 else {
            return AMQP_STATUS_NO_MEMORY.rawValue
        }
        let start = count
        write(frame.frame_type)
        write(frame.channel)
        count += MemoryLayout<UInt32>.size
        let status = writePayload(of: frame)
        guard status >= 0 else {
            count = start
            return status
        }
        let size = UInt32(count - start - Self.headSize)
        memory.storeBytes(of: size.bigEndian, toByteOffset: start + 3, as: UInt32.self)
        write(UInt8(AMQP_FRAME_END))
        return AMQP_STATUS_OK.rawValue
    }

    private func writePayload(of frame: amqp_frame_t) -> Int32 {
        switch Int32(frame.frame_type) {
        case AMQP_FRAME_METHOD:
            let method = frame.payload.method
            write(method.id)
            return encode { amqp_encode_method(method.id, method.decoded, $0) }
        case AMQP_FRAME_HEADER:
            let header = frame.payload.properties
            write(header.class_id)
            write(UInt16(0))
            write(header.body_size)
            return encode { amqp_encode_properties(header.class_id, header.decoded, $0) }
        default:
            let body = frame.payload.body_fragment
            return encode { room in
                guard let from = body.bytes, let to = room.bytes, body.len <= room.len else {
                    return AMQP_STATUS_NO_MEMORY.rawValue
                }
                to.copyMemory(from: from, byteCount: body.len)
                return Int32(body.len)
            }
        }
    }

    /// Has something written behind what there is, with room left for the frame's end.
    private func encode(_ write: (amqp_bytes_t) -> Int32) -> Int32 {
        let room = UnsafeMutableRawBufferPointer(rebasing: memory[count..<(memory.count - 1)])
        let length = write(amqp_bytes_t(len: room.count, bytes: room.baseAddress))
        count += Int(max(0, length))
        return length
    }

    private func write(_ value: some FixedWidthInteger) {
        memory.storeBytes(of: value.bigEndian, toByteOffset: count, as: type(of: value))
        count += MemoryLayout.size(ofValue: value)
    }
}
