/// `GET /api/v1/components/{name}`: a process kept on the platform. Its document is put with
/// `PUT /api/v1/components/{name}`, the body being the process' JSON itself.
public struct ComponentView: Codable, Sendable, Equatable {
    public var name: String
    /// Grows by one with every change.
    public var revision: Int
    /// The content address of its compiled form, `sha256:…`.
    public var digest: String
    /// The document as it was saved.
    public var document: JSONValue
    /// The repositories it is associated with.
    public var repositories: [RepositoryPath]
    public var updatedAt: Timestamp
    /// Who saved this revision; absent of one that was saved before that was kept.
    public var savedBy: Caller?
    /// What has no effect in the document, one a line. Only in the answer to the request that saved it.
    public var warnings: [String]?

    public init(
        name: String, revision: Int, digest: String, document: JSONValue, repositories: [RepositoryPath],
        updatedAt: Timestamp, savedBy: Caller? = nil, warnings: [String]? = nil
    ) {
        self.name = name
        self.revision = revision
        self.digest = digest
        self.document = document
        self.repositories = repositories
        self.updatedAt = updatedAt
        self.savedBy = savedBy
        self.warnings = warnings
    }
}
