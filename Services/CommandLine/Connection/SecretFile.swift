import FoundationEssentials
import Glibc
import SystemPackage

/// Files that hold a secret: read without the line break editors add, written for their owner alone.
enum SecretFile {
    /// - Parameter naming: the option or variable that named the file, for the error.
    static func read(_ path: String, naming source: String) throws -> String {
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw CommandError(
                "\(source) names \(path), which cannot be read", remedy: "check that the file exists and is yours")
        }
        let text = String(decoding: data, as: UTF8.self).trimmingWhitespace()
        guard !text.isEmpty else { throw CommandError("\(source) names \(path), which is empty") }
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
