extension Mirror {
    /// Packs what many fetches left and lets go of the commits kept longest: to be called once in a while.
    /// - Parameter newest: how many commits stay kept, the newest first.
    /// - Throws: ``GitError``.
    public func maintain(keeping newest: Int = 1_000) async throws(GitError) {
        try await exclusively { () async throws(GitError) -> Void in
            let refs = try await program.run(
                ["for-each-ref", "--sort=-committerdate", "--format=delete %(refname)", "refs/slipway/commits"],
                in: directory, outputLimit: 64 << 20, doing: "listing the kept commits")
            let old = refs.text.split(separator: "\n").dropFirst(newest)
            if !old.isEmpty {
                _ = try await program.run(
                    ["update-ref", "--stdin"], in: directory,
                    input: Array((old.joined(separator: "\n") + "\n").utf8), doing: "letting go of old commits")
            }
            // Objects no ref reaches stay for two weeks, so that no fetch that goes on right now misses one.
            _ = try await program.run(
                ["gc", "--auto", "--quiet"], in: directory, timeout: .seconds(3600),
                configuration: [("gc.auto", "2000"), ("gc.autoDetach", "false"), ("gc.pruneExpire", "2.weeks.ago")],
                doing: "packing the mirror")
        }
    }
}
