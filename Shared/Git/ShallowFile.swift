import FoundationEssentials

/// The commits of a repository whose parents are not in it (gitrepository-layout(5), `shallow`).
struct ShallowFile {
    private let path: String

    init(of repository: String) {
        path = repository + "/shallow"
    }

    func read() throws -> [String] {
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        return String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
            .split(separator: "\n").map(String.init)
    }

    func write(_ commits: [String]) throws {
        guard commits.isEmpty else {
            return try Data((commits.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: path))
        }
        // To git even an empty file means that history is cut off somewhere.
        if FileManager.default.fileExists(atPath: path) { try FileManager.default.removeItem(atPath: path) }
    }
}
