/// The bytes of a request's body between the stream that gives them and the connection that takes them.
struct UploadBuffer {
    enum Piece: Equatable {
        /// So many bytes were copied.
        case copied(Int)
        /// Nothing there yet; more will come.
        case starved
        case end
        /// The stream ended before its stated length.
        case short
    }

    /// What the stream said it would give, in bytes.
    let length: Int64?
    /// The most that is held before the stream has to wait, in bytes.
    let limit: Int
    /// Whether all of it is here, and may be sent again from its start.
    let isWhole: Bool
    private var bytes: [UInt8]
    private var position = 0
    private var given: Int64
    private(set) var taken: Int64 = 0
    private(set) var ended: Bool

    init(whole bytes: [UInt8]) {
        self.bytes = bytes
        length = Int64(bytes.count)
        given = Int64(bytes.count)
        limit = bytes.count
        isWhole = true
        ended = true
    }

    init(length: Int64?, limit: Int) {
        self.length = length
        self.limit = limit
        bytes = []
        given = 0
        isWhole = false
        ended = false
    }

    var isFull: Bool { bytes.count - position >= limit }

    /// - Returns: `false` if the stream gives more than its stated length.
    mutating func give(_ more: [UInt8]) -> Bool {
        given += Int64(more.count)
        if let length, given > length { return false }
        if position == bytes.count {
            bytes = more
            position = 0
        } else {
            bytes.removeFirst(position)
            position = 0
            bytes += more
        }
        return true
    }

    mutating func end() {
        ended = true
    }

    mutating func take(into target: UnsafeMutableRawBufferPointer) -> Piece {
        let count = min(target.count, bytes.count - position)
        guard count > 0 else {
            guard ended else { return .starved }
            if let length, given < length { return .short }
            return .end
        }
        bytes.withUnsafeBytes { source in
            target.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[position..<position + count]))
        }
        position += count
        taken += Int64(count)
        return .copied(count)
    }

    /// Goes back to where libcurl wants to send from again.
    /// - Returns: `false` if those bytes are gone.
    mutating func seek(to offset: Int64) -> Bool {
        if isWhole, offset >= 0, offset <= Int64(bytes.count) {
            position = Int(offset)
            taken = offset
            return true
        }
        return offset == taken
    }
}
