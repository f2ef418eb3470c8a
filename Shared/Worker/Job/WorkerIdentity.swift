import FoundationEssentials
public import SystemPackage

/// The name of a worker: the same for each of its lives, and another's never, since it is kept in its data directory.
public enum WorkerIdentity {
    /// Reads the name, or makes one such as `builder-web1-4f0c2a9d` and writes it to `worker-name`.
    /// - Throws: `Errno` or a file error where the directory cannot be used.
    public static func load(service: String, directory: FilePath) throws -> String {
        try FileTree.make(directory)
        let file = URL(filePath: directory.appending("worker-name").string)
        if FileManager.default.fileExists(atPath: file.path) {
            let name = String(decoding: try Data(contentsOf: file), as: UTF8.self).filter { !$0.isWhitespace }
            if !name.isEmpty { return name }
        }
        let tail = String(UInt32.random(in: .min ... .max), radix: 16)
        let name = "\(service)-\(Host.name.isEmpty ? "host" : Host.name)-\(tail)"
        try Data((name + "\n").utf8).write(to: file, options: .atomic)
        return name
    }
}
