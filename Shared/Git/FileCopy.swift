import CLinux
import Glibc
import SystemPackage

/// Copies of whole files, made by the kernel: a file system that can share blocks between files does.
enum FileCopy {
    /// Bytes copied at a time. Between two pieces others get the thread, and a cancellation is heard.
    private static let piece = 4 << 20

    /// - Parameters:
    ///   - destination: nothing may be there yet.
    ///   - stamp: what the source has to be; any regular file if `nil`.
    /// - Throws: an `Errno`, a ``GitError`` where the source is not what it has to be, or `CancellationError`.
    static func copy(_ source: FilePath, to destination: FilePath, expecting stamp: FileStamp? = nil) async throws {
        let input = try FileDescriptor.open(source, .readOnly, options: [.noFollow, .closeOnExec, .nonBlocking])
        defer { close(input.rawValue) }
        let found = try FileStamp(of: input)
        if let stamp, stamp != found { throw GitError(.failed, "\(source) is not as it was written") }
        let output = try FileDescriptor.open(
            destination, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
            permissions: FilePermissions(rawValue: 0o444))
        defer { close(output.rawValue) }
        var left = Int(found.size)
        var inKernel = true
        while left > 0 {
            var copied = -1
            if inKernel {
                copied = clinux_copy_file_range(input.rawValue, output.rawValue, UInt(min(left, piece)))
                // Not between these two file systems, or not by this kernel. Both offsets are where they were.
                inKernel = copied > 0
            }
            if !inKernel { copied = try copyByHand(input, output, min(left, piece)) }
            guard copied > 0 else { throw GitError(.failed, "\(source) became shorter") }
            left -= copied
            guard left > 0 else { break }
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    private static func copyByHand(_ input: FileDescriptor, _ output: FileDescriptor, _ count: Int) throws -> Int {
        try withUnsafeTemporaryAllocation(byteCount: min(count, 1 << 18), alignment: 16) { buffer in
            let read = try input.read(into: buffer)
            return try output.writeAll(buffer[..<read])
        }
    }
}
