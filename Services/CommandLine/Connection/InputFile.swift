import Glibc
import SystemPackage

/// A file named on the command line: also a pipe, as a shell makes of `<(command)`.
enum InputFile {
    /// All of it.
    /// - Parameter source: the option or variable that named the file, for the error.
    /// - Throws: ``CommandError`` (a wrong command line) that says why it cannot be read.
    static func read(_ path: String, naming source: String? = nil) throws -> [UInt8] {
        do {
            let file = try FileDescriptor.open(FilePath(path), .readOnly, options: [.closeOnExec])
            return try file.closeAfter { try readAll(file) }
        } catch let error as Errno {
            let named = source.map { "\($0) names \(path): " } ?? ""
            switch error {
            case .noSuchFileOrDirectory:
                throw CommandError("\(named)there is no file \(path)", remedy: "check the path", isUsage: true)
            case .isDirectory:
                throw CommandError("\(named)\(path) is a folder", remedy: "name a file in it", isUsage: true)
            case .permissionDenied:
                throw CommandError(
                    "\(named)you may not read \(path)", remedy: "check who owns the file and its mode", isUsage: true)
            default: throw CommandError("\(named)\(path) cannot be read: \(error)", isUsage: true)
            }
        }
    }

    static func readAll(_ file: FileDescriptor) throws -> [UInt8] {
        var bytes: [UInt8] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = try file.read(into: buffer)
            if count == 0 { return bytes }
            bytes.append(contentsOf: buffer[..<count])
        }
    }
}
