import FoundationEssentials
import Glibc
public import SystemPackage

/// The files of a script in the folder its shell is started in: the script, and the one it leaves a reason in when it
/// goes no further.
public struct ScriptFiles: Sendable {
    public let folder: FilePath
    public var script: FilePath { folder.appending(CommandScript.fileName) }
    private var problem: FilePath { folder.appending(CommandScript.problemName) }

    /// Writes them to an existing folder. Any user who may enter the folder may read the script and leave a reason.
    /// - Throws: `Errno`, where a file cannot be made.
    public init(_ text: String, in folder: FilePath) throws {
        self.folder = folder
        let file = try FileDescriptor.open(
            script, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
            permissions: FilePermissions(rawValue: 0o644))
        try file.closeAfter { _ = try file.writeAll(text.utf8) }
        let empty = try FileDescriptor.open(
            problem, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
            permissions: FilePermissions(rawValue: 0o666))
        try empty.closeAfter { _ = fchmod(empty.rawValue, 0o666) }
    }

    /// Why the script went no further, in its own words; `nil` where it did, or where its words cannot be read.
    public func reason() -> String? {
        do {
            let text = String(decoding: try BoundedFile.read(problem, limit: 4096), as: UTF8.self)
            return text.isEmpty ? nil : text
        } catch {
            return nil
        }
    }
}

/// Files that a step's commands may have written, linked or replaced as they like.
public enum BoundedFile {
    /// What is no file, such as a pipe.
    public struct NotRegular: Error, CustomStringConvertible {
        public var description: String { "it is no regular file any more" }
    }

    /// The first bytes of a file, `limit` at most; never of what a link leads to, nor of a pipe, which could be waited for.
    /// - Throws: `Errno`; ``NotRegular``.
    public static func read(_ path: FilePath, limit: Int) throws -> [UInt8] {
        let file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .noFollow, .nonBlocking])
        var status = stat()
        guard fstat(file.rawValue, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            try file.close()
            throw NotRegular()
        }
        return try read(file, limit: limit)
    }

    /// The same of a file that is open, which is closed then.
    /// - Throws: `Errno`.
    public static func read(_ file: FileDescriptor, limit: Int) throws -> [UInt8] {
        try file.closeAfter {
            var buffer = [UInt8](repeating: 0, count: limit)
            var length = 0
            while length < buffer.count {
                let count = try buffer.withUnsafeMutableBytes { bytes in
                    try file.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[length...]))
                }
                if count == 0 { break }
                length += count
            }
            return Array(buffer.prefix(length))
        }
    }
}
