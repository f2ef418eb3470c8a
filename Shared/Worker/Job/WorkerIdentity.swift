import Contracts
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

/// One start of a worker, and those before it, which have ended: a data directory is one worker's at a time.
public struct WorkerLife: Sendable, Hashable {
    /// Another one each time that it is started.
    public var id: String
    /// The last ones before it that ran on the same data directory.
    public var ended: [String]

    /// One without a past.
    public init() {
        id = MessageID.make().rawValue
        ended = []
    }

    /// How many of the lives before are known.
    static let memory = 16

    /// Begins a life and notes it in `worker-lives`, so that the next one knows that it has ended.
    /// - Parameter directory: of this worker alone, as long as it runs.
    /// - Throws: a file error where the directory cannot be used.
    public static func begin(in directory: FilePath) throws -> WorkerLife {
        let file = URL(filePath: directory.appending("worker-lives").string)
        var life = WorkerLife()
        if FileManager.default.fileExists(atPath: file.path) {
            let lines = String(decoding: try Data(contentsOf: file), as: UTF8.self).split(separator: "\n")
            life.ended = lines.map(String.init).filter { (1...64).contains($0.utf8.count) }.suffix(memory)
        }
        let lives = (life.ended + [life.id]).suffix(memory)
        try Data(lives.map { "\($0)\n" }.joined().utf8).write(to: file, options: .atomic)
        return life
    }
}
