public import Contracts
import FoundationEssentials
import Glibc

extension Mirror {
    /// When it was last changed, or about to be; `nil` where nobody knows. Every fetch notes it.
    public var usedAt: Timestamp? {
        var status = stat()
        guard stat("\(directory).lock", &status) == 0 || stat(directory, &status) == 0 else { return nil }
        return Timestamp(milliseconds: Int64(status.st_mtim.tv_sec) * 1_000)
    }

    /// Removes it, in one step for those that look. Its lock stays: who waits for it would hold one that nobody else sees.
    /// - Parameter isUnused: asked once nobody else works on it.
    /// - Returns: whether it was removed.
    /// - Throws: ``GitError``; `busy` where somebody works on it.
    public func remove(if isUnused: () async -> Bool) async throws(GitError) -> Bool {
        try await exclusively(patience: .zero) { () async throws(GitError) -> Bool in
            guard exists, await isUnused() else { return false }
            let gone = directory + Self.gone
            do {
                try? FileManager.default.removeItem(atPath: gone)
                try FileManager.default.moveItem(atPath: directory, toPath: gone)
                try FileManager.default.removeItem(atPath: gone)
            } catch {
                throw GitError(.failed, "the mirror \(directory) cannot be removed", cause: "\(error)")
            }
            return true
        }
    }

    /// What one is called while it is being removed; a crash may leave it.
    public static let gone = ".gone"
}
