import FoundationEssentials
import SystemPackage

/// What a plugin writes, in a file without a name. Unlike a pipe's it is complete when the plugin has ended, though a
/// process that it started may hold it open for ever.
struct PluginOutput: Sendable {
    let file: FileDescriptor

    private static let limit = 1 << 20

    init() throws {
        file = try Self.open()
    }

    /// In memory where that can be: it is a credential.
    private static func open() throws -> FileDescriptor {
        var failure: (any Error)?
        for folder in ["/dev/shm", FileManager.default.temporaryDirectory.path] {
            let path = FilePath(folder).appending("slipway-\(UInt64.random(in: .min ... .max))")
            do {
                let file = try FileDescriptor.open(
                    path, .readWrite, options: [.create, .exclusiveCreate, .closeOnExec], permissions: [.ownerReadWrite]
                )
                try FileManager.default.removeItem(atPath: path.string)
                return file
            } catch {
                failure = error
            }
        }
        throw failure ?? Errno.noSuchFileOrDirectory
    }

    /// All that was written.
    /// - Throws: ``KubernetesError`` where that is too much.
    func read() throws -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = try buffer.withUnsafeMutableBytes {
                try file.read(fromAbsoluteOffset: Int64(bytes.count), into: $0)
            }
            guard count > 0 else { return bytes }
            bytes += buffer.prefix(count)
            guard bytes.count <= Self.limit else { throw KubernetesError(.credentials, "it wrote more than 1 MiB") }
        }
    }

    func close() { try? file.close() }
}
