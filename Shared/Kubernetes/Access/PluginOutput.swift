import Glibc
import SystemPackage

/// What a plugin writes to one of its outputs, read while it runs: the pipe's size and ``limit`` bound what it takes of
/// memory, since one that writes faster than it is read has to wait. Unlike a pipe's end, the plugin's end tells that the
/// output is complete: a process that it started may hold the pipe open for ever.
actor PluginOutput {
    /// The plugin's end of the pipe.
    nonisolated let writing: FileDescriptor

    private let reading: FileDescriptor
    private let plugin: String
    private var bytes: [UInt8] = []

    static let limit = 1 << 20

    /// - Parameter plugin: The plugin's name, for errors.
    init(of plugin: String) throws {
        self.plugin = plugin
        (reading, writing) = try FileDescriptor.pipe()
        // The plugin's end stays as programs expect it; it gets a copy that outlives its start.
        guard fcntl(reading.rawValue, F_SETFL, O_NONBLOCK) == 0, fcntl(reading.rawValue, F_SETFD, FD_CLOEXEC) == 0,
            fcntl(writing.rawValue, F_SETFD, FD_CLOEXEC) == 0
        else { throw Errno(rawValue: errno) }
    }

    deinit {
        try? reading.close()
        try? writing.close()
    }

    /// Reads until the task is cancelled.
    /// - Throws: ``KubernetesError`` where more comes than the limit.
    func pump() async throws {
        while true {
            _ = try read()
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Reads what is there.
    /// - Returns: All that was written.
    /// - Throws: ``KubernetesError`` where that is more than the limit.
    func read() throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            do {
                let count = try buffer.withUnsafeMutableBytes { try reading.read(into: $0) }
                guard count > 0 else { return bytes }
                bytes += buffer.prefix(count)
            } catch Errno.wouldBlock {
                return bytes
            }
            guard bytes.count <= Self.limit else {
                throw KubernetesError(.credentials, "the plugin \(plugin) wrote more than 1 MiB")
            }
        }
    }
}
