import Storage

/// What deployers have said of their clusters.
struct ClusterStore {
    let database: Database

    /// Where workloads are whose steps name no namespace, or `nil` for a cluster nobody has spoken for.
    func namespace(of cluster: String) throws -> String? {
        try database.value("SELECT namespace FROM clusters WHERE name = ?", [cluster])
    }

    func save(_ namespace: String, of cluster: String) throws {
        try database.execute(
            """
            INSERT INTO clusters (name, namespace) VALUES (?, ?)
            ON CONFLICT (name) DO UPDATE SET namespace = excluded.namespace
            """, [cluster, namespace])
    }
}
