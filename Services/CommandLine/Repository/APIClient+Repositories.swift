import Contracts

extension APIClient {
    func repositories() async throws -> [RepositoryView] {
        try await all(.repositories)
    }

    /// Those that are pushed to and not registered.
    func discoveredRepositories() async throws -> [DiscoveredRepositoryView] {
        try await all(.discoveredRepositories)
    }

    func repository(_ path: RepositoryPath) async throws -> RepositoryView {
        try await get(.repository, [path.rawValue])
    }

    /// Every page of a list.
    func all<Item: Codable & Sendable & Equatable>(
        _ path: APIPath, _ values: [String] = [], query: [(String, String?)] = []
    ) async throws -> [Item] {
        var items: [Item] = []
        var before: String?
        repeat {
            let page: Page<Item> = try await get(path, values, query: query + [("before", before)])
            items += page.items
            before = page.next
        } while before != nil
        return items
    }
}
