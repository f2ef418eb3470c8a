import Storage

/// What deployers have said of their clusters.
struct ClusterStore {
    let database: Database

    /// A cluster nobody has spoken for has the name it is asked by.
    func find(_ cluster: String) throws -> Cluster {
        try Cluster(
            name: names(of: cluster).first ?? cluster,
            namespace: database.value("SELECT namespace FROM clusters WHERE name = ?", [cluster]))
    }

    /// All names of the cluster that has this one.
    func names(of cluster: String) throws -> [String] {
        try database.values(
            """
            SELECT other.name FROM clusters JOIN clusters AS other
            ON other.name = clusters.name OR other.identity = clusters.identity
            WHERE clusters.name = ? ORDER BY other.name
            """, [cluster])
    }

    /// - Parameter identity: `nil` leaves what is known: a deployer that cannot reach its cluster cannot tell.
    /// - Returns: Whether that is new.
    func save(_ namespace: String, _ identity: String?, of cluster: String) throws -> Bool {
        try database.execute(
            """
            INSERT INTO clusters (name, namespace, identity) VALUES (?, ?, ?)
            ON CONFLICT (name) DO UPDATE
            SET namespace = excluded.namespace, identity = coalesce(excluded.identity, clusters.identity)
            WHERE clusters.namespace <> excluded.namespace
                OR coalesce(clusters.identity, '') <> coalesce(excluded.identity, clusters.identity, '')
            """, [cluster, namespace, identity]) > 0
    }
}
