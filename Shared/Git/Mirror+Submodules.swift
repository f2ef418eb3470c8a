/// A submodule as a commit has it.
public struct Submodule: Sendable, Hashable {
    /// Where it lies in its repository, such as `libs/a`.
    public var path: String
    /// What `.gitmodules` says of where it comes from.
    public var url: String
    /// The commit it is at.
    public var commit: String
}

extension Mirror {
    /// How many submodules one commit may have.
    static let submoduleLimit = 200

    /// The submodules of a commit, those that `.gitmodules` names and does not exclude from updates.
    /// - Throws: ``GitError``: `tooLarge` for more than anybody has.
    public func submodules(at commit: String) async throws(GitError) -> [Submodule] {
        try RefName.check(commit: commit)
        let listed = try await program.output(
            ["config", "--null", "--list", "--no-includes", "--blob", "\(commit):.gitmodules"], in: directory)
        guard listed.exitCode == 0 else {
            // There is no such file.
            if listed.words.contains("unable to resolve config blob") { return [] }
            throw GitError(.failed, ".gitmodules of \(commit) cannot be read", cause: listed.words)
        }
        let modules = Self.modules(listed.bytes).filter { $0.value["update"] != "none" }
        guard modules.count <= Self.submoduleLimit else {
            throw GitError(.tooLarge, "\(commit) has \(modules.count) submodules; \(Self.submoduleLimit) are taken")
        }
        var urls: [String: String] = [:]
        for module in modules.values {
            guard var path = module["path"], let url = module["url"] else { continue }
            while path.hasSuffix("/") { path.removeLast() }
            urls[path] = url
        }
        guard !urls.isEmpty else { return [] }
        let tree = try await program.run(
            ["--literal-pathspecs", "ls-tree", "-z", "--full-tree", commit, "--"] + urls.keys.sorted(), in: directory,
            doing: "looking for the submodules of \(commit)")
        return tree.bytes.split(separator: 0).compactMap { entry in
            // `160000 commit <id>\t<path>`
            let text = String(decoding: entry, as: UTF8.self)
            guard let tab = text.firstIndex(of: "\t") else { return nil }
            let words = text[..<tab].split(separator: " ")
            let path = String(text[text.index(after: tab)...])
            guard words.count == 3, words[1] == "commit", let url = urls[path] else { return nil }
            return Submodule(path: path, url: url, commit: String(words[2]))
        }
    }

    /// The values of `submodule.<name>.<key>`, by name and key.
    private static func modules(_ bytes: [UInt8]) -> [String: [String: String]] {
        var modules: [String: [String: String]] = [:]
        for entry in bytes.split(separator: 0) {
            let text = String(decoding: entry, as: UTF8.self)
            guard let end = text.firstIndex(of: "\n"), let dot = text[..<end].lastIndex(of: "."),
                text.hasPrefix("submodule."), text.index(text.startIndex, offsetBy: 10) <= dot
            else { continue }
            let name = String(text[..<dot].dropFirst("submodule.".count))
            modules[name, default: [:]][String(text[text.index(after: dot)..<end])] =
                String(text[text.index(after: end)...])
        }
        return modules
    }

    /// The address of a submodule of a repository that comes from `parent`.
    /// - Throws: ``GitError/Code/invalid``, also for another server than the parent's.
    public static func address(
        of submodule: Submodule, below parent: RemoteAddress
    ) throws(GitError) -> RemoteAddress {
        try SubmoduleAddress.resolve(submodule.url, below: parent)
    }

    /// Fetches a commit that nothing but its id is known of, and keeps it reachable.
    /// - Throws: ``GitError``.
    public func fetch(commit: String, from source: FetchSource) async throws(GitError) {
        do {
            _ = try await fetch(naming: commit, from: source)
            return
        } catch  where error.code == .refNotFound {
            // A server that gives no commit by its id may have it in a branch's history.
        }
        let remote = try RemoteAddress(source.url, allowsFile: program.allowsFile)
        try await exclusively { () async throws(GitError) -> Void in
            try await fetch(["+refs/heads/*:refs/slipway/heads/*"], remote, source)
            guard try await contains(commit) else {
                throw GitError(.refNotFound, "commit \(commit) is not in \(remote)")
            }
            try await keep(commit)
        }
    }
}
