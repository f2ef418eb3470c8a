import Contracts
import Storage

/// A page of a table whose rows are numbered by their `serial`, the newest first.
struct NewestRows {
    let database: Database
    let table: String
    private var conditions: [(comparison: String, value: any DatabaseValueConvertible)] = []

    init(of table: String, in database: Database) {
        self.table = table
        self.database = database
    }

    /// - Parameters:
    ///   - comparison: such as `account =`.
    ///   - value: no matter what if `nil`.
    mutating func only(_ comparison: String, _ value: (any DatabaseValueConvertible)?) {
        if let value { conditions.append((comparison, value)) }
    }

    func rows(before: Int64, limit: Int) throws -> [Row] {
        try database.rows(
            "SELECT * FROM \(table) WHERE serial < ?1\(clauses(from: 3)) ORDER BY serial DESC LIMIT ?2",
            [before, limit] + conditions.map(\.value))
    }

    /// Those after one, the oldest first.
    func rows(after: Int64, limit: Int) throws -> [Row] {
        try database.rows(
            "SELECT * FROM \(table) WHERE serial > ?1\(clauses(from: 3)) ORDER BY serial LIMIT ?2",
            [after, limit] + conditions.map(\.value))
    }

    /// Of some repositories alone, by the table's index of these and serials: how many rows there are, and how many of
    /// others are newer, makes no difference.
    func rows(of repositories: [String], before: Int64, limit: Int) throws -> [Row] {
        let serials = try serials(of: repositories, before: before, limit: limit)
        if serials.isEmpty { return [] }
        return try database.rows(
            """
            SELECT * FROM \(table) WHERE serial IN (SELECT CAST(value AS BIGINT) FROM json_each(?))
            ORDER BY serial DESC
            """, [JSONColumn(serials)])
    }

    /// Few are read of every repository first: just as many as make a page together. Who may have more on it, as none of
    /// theirs that are known is older than the page, is asked for twice as many, and so on.
    private func serials(of repositories: [String], before: Int64, limit: Int) throws -> [Int64] {
        var asked = repositories
        var known: [String: [Int64]] = [:]
        var page: [Int64] = []
        var oldest: Int64 = 0
        var count = asked.isEmpty ? 0 : (limit + asked.count - 1) / asked.count
        while !asked.isEmpty {
            let values: [any DatabaseValueConvertible] = [JSONColumn(asked), oldest, before, count]
            for row in try database.rows(newest, values + conditions.map(\.value)) {
                known[try row["repository"]] = Self.numbers(try row["serials"] ?? "")
            }
            page = Array(known.values.joined().sorted(by: >).prefix(limit))
            oldest = page.count < limit ? 0 : page[limit - 1]
            asked = asked.filter { path in
                guard let newest = known[path] else { return false }
                return newest.count == count && newest.allSatisfy { $0 > oldest }
            }
            count *= 2
        }
        return page
    }

    private var newest: String {
        """
        SELECT value AS repository, (
            SELECT json_group_array(serial) FROM (
                SELECT serial FROM \(table) WHERE repository = value AND serial >= ?2 AND serial < ?3\(clauses(from: 5))
                ORDER BY serial DESC LIMIT ?4
            ) AS newest
        ) AS serials FROM json_each(?1)
        """
    }

    private func clauses(from number: Int) -> String {
        conditions.enumerated().map { " AND \($1.comparison) ?\($0 + number)" }.joined()
    }

    /// Those of a list in JSON.
    private static func numbers(_ list: String) -> [Int64] {
        list.utf8.split { !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }.compactMap { Int64(Substring($0)) }
    }
}
