/// What belongs to a commit beside its own objects, and where builders fetch it: sync's answer to
/// `GET <mirror>/parts?commit=<id>&submodules=true&lfs=true`, as lines of JSON. While sync fetches, each line says what
/// that waits for; the last one has the parts or the problem.
public struct SourceParts: Codable, Sendable, Equatable {
    /// What sync does or waits for, for people.
    public var waiting: String?
    /// The submodules, each after the one it lies in. Files of Git LFS need no list: git-lfs asks the mirror for them.
    public var submodules: [Submodule]?
    /// Why the parts cannot be fetched.
    public var problem: Problem?

    public init(waiting: String? = nil, submodules: [Submodule]? = nil, problem: Problem? = nil) {
        self.waiting = waiting
        self.submodules = submodules
        self.problem = problem
    }

    /// A repository within another.
    public struct Submodule: Codable, Sendable, Equatable {
        /// Where it lies in the workspace, such as `libs/a`, also if it lies in a submodule.
        public var path: String
        /// Where it is fetched from with the token of its repository, such as
        /// `http://sync:8081/shop/web.git/modules/5f….git`.
        public var url: String
        /// Its address at its forge, without credentials.
        public var cloneURL: String
        /// The whole commit id it is at.
        public var commit: String

        public init(path: String, url: String, cloneURL: String, commit: String) {
            self.path = path
            self.url = url
            self.cloneURL = cloneURL
            self.commit = commit
        }
    }
}
