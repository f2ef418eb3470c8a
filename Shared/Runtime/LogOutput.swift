import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Standard error, one whole line at a time.
final class LogOutput: Sendable {
    private let descriptor: Mutex<Int32>

    init(descriptor: Int32 = 2) {
        self.descriptor = Mutex(descriptor)
    }

    /// A log that cannot be written must not stop the service: what does not go out is dropped.
    func write(_ line: String) {
        var bytes = Array(line.utf8)
        bytes.append(UInt8(ascii: "\n"))
        descriptor.withLock { descriptor in
            var start = 0
            while start < bytes.count {
                let written = bytes[start...].withUnsafeBytes { systemWrite(descriptor, $0.baseAddress, $0.count) }
                if written < 0, errno == EINTR { continue }
                guard written > 0 else { return }
                start += written
            }
        }
    }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}
