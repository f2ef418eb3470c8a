public import NIOCore
public import NIOHTTP1

/// Hands the decoder behind it the bytes of one request at a time, and says when it did: so whoever is behind the decoder
/// knows of bytes that made no part of a request, those right behind a whole one included.
public final class RequestBytes: ChannelInboundHandler {
    public typealias InboundIn = ByteBuffer
    public typealias InboundOut = ByteBuffer

    /// Comes behind the parts that a piece made, if it made any.
    public struct Piece: Sendable {}

    /// Bytes of a body that have not come; 0 where its length was not told.
    private var bodyLeft = 0
    /// Nothing came of the line that begins. An empty one ends a head, and a body in chunks.
    private var isLineEmpty = true

    public init() {}

    /// Has to be told what the decoder made of the bytes.
    public func took(_ part: HTTPServerRequestPart) {
        switch part {
        case .head(let head):
            let length = head.headers.first(name: "Content-Length").flatMap { Int($0) } ?? 0
            bodyLeft = max(0, length)
        case .body: break
        case .end:
            bodyLeft = 0
            isLineEmpty = true
        }
    }

    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        while context.channel.isActive, bytes.readableBytes > 0, let piece = bytes.readSlice(length: piece(of: bytes)) {
            context.fireChannelRead(wrapInboundOut(piece))
            context.fireUserInboundEventTriggered(Piece())
        }
    }

    /// How many of the bytes belong to one request at most.
    private func piece(of bytes: ByteBuffer) -> Int {
        if bodyLeft > 0 {
            let count = min(bodyLeft, bytes.readableBytes)
            bodyLeft -= count
            return count
        }
        return bytes.withUnsafeReadableBytes { bytes in
            for (index, byte) in bytes.enumerated() {
                switch byte {
                case UInt8(ascii: "\n"):
                    if isLineEmpty { return index + 1 }
                    isLineEmpty = true
                case UInt8(ascii: "\r"): break
                default: isLineEmpty = false
                }
            }
            return bytes.count
        }
    }
}
