import Testing

@testable import HTTPClient

@Suite struct UploadBufferTests {
    private func take(_ buffer: inout UploadBuffer, _ count: Int) -> (UploadBuffer.Piece, [UInt8]) {
        var target = [UInt8](repeating: 0, count: count)
        let piece = target.withUnsafeMutableBytes { buffer.take(into: $0) }
        guard case .copied(let copied) = piece else { return (piece, []) }
        return (piece, Array(target.prefix(copied)))
    }

    private func give(_ buffer: inout UploadBuffer, _ bytes: [UInt8]) -> Bool { buffer.give(bytes) }

    private func seek(_ buffer: inout UploadBuffer, to offset: Int64) -> Bool { buffer.seek(to: offset) }

    @Test func bytesComeOutInOrder() {
        var buffer = UploadBuffer(length: nil, limit: 4)
        #expect(take(&buffer, 3).0 == .starved)
        #expect(give(&buffer, [1, 2, 3, 4, 5]))
        #expect(buffer.isFull)
        #expect(take(&buffer, 2).1 == [1, 2])
        #expect(!buffer.isFull)
        #expect(give(&buffer, [6]))
        #expect(take(&buffer, 10).1 == [3, 4, 5, 6])
        buffer.end()
        #expect(take(&buffer, 10).0 == .end)
    }

    @Test func promisedLengthIsKept() {
        var short = UploadBuffer(length: 3, limit: 10)
        #expect(give(&short, [1, 2]))
        short.end()
        #expect(take(&short, 10).1 == [1, 2])
        #expect(take(&short, 10).0 == .short)
        var long = UploadBuffer(length: 1, limit: 10)
        #expect(!give(&long, [1, 2]))
    }

    @Test func onlyAWholeBodyIsSentAgain() {
        var whole = UploadBuffer(whole: [1, 2, 3])
        #expect(take(&whole, 10).1 == [1, 2, 3])
        #expect(seek(&whole, to: 1))
        #expect(take(&whole, 10).1 == [2, 3])
        #expect(!seek(&whole, to: 4))
        var stream = UploadBuffer(length: nil, limit: 10)
        #expect(seek(&stream, to: 0))
        #expect(give(&stream, [1, 2]))
        #expect(take(&stream, 1).1 == [1])
        #expect(!seek(&stream, to: 0))
    }
}
