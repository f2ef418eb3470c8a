/// Takes a container's log apart: frames of `[stream, 0, 0, 0, length (4 bytes, big endian)]` and that many bytes.
struct LogDemultiplexer {
    private var buffer: [UInt8] = []
    private var position = 0
    /// Of the frame being read; 0 while its header is awaited.
    private var left = 0
    private var stream = LogPiece.Stream.output

    enum Failure: Error, Equatable {
        case notAFrame
    }

    /// Whether a frame has begun and not ended.
    var isInside: Bool { left > 0 || position < buffer.count }

    /// Takes more bytes, cut anywhere.
    mutating func take(_ bytes: [UInt8]) throws(Failure) -> [LogPiece] {
        if position == buffer.count {
            buffer = bytes
        } else {
            buffer.removeFirst(position)
            buffer += bytes
        }
        position = 0
        var pieces: [LogPiece] = []
        while position < buffer.count {
            if left == 0 {
                guard buffer.count - position >= 8 else { break }
                let header = buffer[position..<position + 8]
                guard let type = LogPiece.Stream(rawValue: header[position]), header[position + 1] == 0,
                    header[position + 2] == 0, header[position + 3] == 0
                else { throw .notAFrame }
                stream = type
                left = header.suffix(4).reduce(0) { $0 << 8 | Int($1) }
                position += 8
                continue
            }
            let count = min(left, buffer.count - position)
            pieces.append(LogPiece(stream: stream, bytes: Array(buffer[position..<position + count])))
            position += count
            left -= count
        }
        return pieces
    }
}

/// Some bytes a container wrote.
public struct LogPiece: Sendable, Hashable {
    public enum Stream: UInt8, Sendable, Hashable {
        case input = 0
        case output = 1
        case error = 2
    }

    public var stream: Stream
    public var bytes: [UInt8]
}
