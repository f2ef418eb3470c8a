import Glibc
import Synchronization
import Testing

/// Reads an event stream from a socket without a thread that waits.
final class StreamReader: Sendable {
    private let descriptor: Int32
    private let read = Mutex<[UInt8]>([])

    private init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// Asks for the stream, and returns once its head is here.
    static func open(port: Int, _ path: String, _ headers: String) async throws -> StreamReader {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(connected == 0)
        let request = "GET \(path) HTTP/1.1\r\nHost: localhost\r\n\(headers)\r\n\r\n"
        try #require(write(descriptor, request, request.utf8.count) == request.utf8.count)
        let reader = StreamReader(descriptor)
        // The platform answers on the threads that tests run on, so none of them waits for it.
        while !reader.text.contains("\r\n\r\n") { try await Task.sleep(for: .milliseconds(5)) }
        try #require(reader.text.contains("text/event-stream"))
        return reader
    }

    /// All that has come.
    var text: String {
        read.withLock { bytes in
            var buffer = [UInt8](repeating: 0, count: 4096)
            while true {
                let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
                guard count > 0 else { break }
                bytes += buffer.prefix(count)
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    func close() { Glibc.close(descriptor) }
}
