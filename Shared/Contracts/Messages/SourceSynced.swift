/// The commit is in the mirror: sync → pipeline.
public struct SourceSynced: Message {
    public var trigger: Trigger
    public var commit: Commit
    /// The paths the push changed.
    public var changes: ChangedPaths
    /// The pipeline file found at the commit, or `nil`.
    public var pipelineFile: PipelineFile?
    /// Where there is none, a file at the commit that is nearly called as one, such as `.drone.yaml`.
    public var misnamedFile: String?
    /// Where builders fetch the commit from, such as `http://sync:8081/shop/web.git`; it needs a mirror token.
    public var mirrorURL: String

    public init(
        trigger: Trigger, commit: Commit, changes: ChangedPaths, pipelineFile: PipelineFile?,
        misnamedFile: String? = nil, mirrorURL: String
    ) {
        self.trigger = trigger
        self.commit = commit
        self.changes = changes
        self.pipelineFile = pipelineFile
        self.misnamedFile = misnamedFile
        self.mirrorURL = mirrorURL
    }

    /// What Git says changed between two commits.
    public struct ChangedPaths: Codable, Sendable, Hashable {
        public var paths: [String]
        /// `false` where the list was cut (or there is nothing to compare with): path conditions then hold.
        public var complete: Bool

        public init(paths: [String], complete: Bool) {
            self.paths = paths
            self.complete = complete
        }
    }

    /// The first of `.slipway.yml`, `.slipway.json` and `.drone.yml` at the commit.
    public struct PipelineFile: Codable, Sendable, Hashable {
        public var path: String
        /// Its text, 1 MiB at most.
        public var text: String

        public init(path: String, text: String) {
            self.path = path
            self.text = text
        }
    }
}
