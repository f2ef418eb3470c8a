import FoundationEssentials
import Glibc
import SystemPackage

/// Files that hold a secret: read without the line break editors add, written for their owner alone.
enum SecretFile {
    /// A token, which has no white space around it.
    /// - Parameter naming: the option or variable that named the file, for the error.
    static func read(_ path: String, naming source: String) throws -> String {
        let token = try text(InputFile.read(path, naming: source), of: path).trimmingWhitespace()
        guard !token.isEmpty else { throw CommandError("\(source) names \(path), which is empty", isUsage: true) }
        return token
    }

    /// The secret in a file: all of it but for one line break at its end, LF or CR LF.
    static func text(_ bytes: [UInt8], of source: String) throws -> String {
        var bytes = bytes[...]
        if bytes.last == UInt8(ascii: "\n") {
            bytes.removeLast()
            if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CommandError(
                "\(source) is not UTF-8 text", remedy: "keep it as base64 and decode it in the step", isUsage: true)
        }
        return text
    }

    /// Writes the file whole or not at all, readable by its owner only, in a directory of which the same is true.
    static func write(_ bytes: some Sequence<UInt8>, to path: String) throws {
        let target = FilePath(path)
        let directory = target.removingLastComponent()
        do {
            try FileManager.default.createDirectory(
                atPath: directory.string, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            let temporary = directory.appending(".\(target.lastComponent?.string ?? "secret").\(getPID())")
            let file = try FileDescriptor.open(
                temporary, .writeOnly, options: [.create, .truncate, .noFollow], permissions: .ownerReadWrite)
            try file.closeAfter { _ = try file.writeAll(bytes) }
            try FileManager.default.replace(temporary.string, with: target.string)
        } catch let error as CommandError {
            throw error
        } catch {
            throw CommandError("\(path) cannot be written: \(error)")
        }
    }

    private static func getPID() -> Int32 { ProcessInfo.processInfo.processIdentifier }
}

extension FileManager {
    /// Moves a file over another one in one step.
    fileprivate func replace(_ source: String, with target: String) throws {
        guard rename(source, target) == 0 else { throw Errno(rawValue: errno) }
    }
}
