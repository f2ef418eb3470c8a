import FoundationEssentials
import Logging
import Runtime
import Storage

/// `pipeline database …`: what is done with the platform's state while the service is stopped.
enum DatabaseCommands {
    static let target = Setting<String>(
        "to", "an empty PostgreSQL database; its password may be in SLIPWAY_DATABASE_PASSWORD",
        example: PipelineSettings.databaseURL.example, secret: true, parse: PipelineSettings.postgreSQL)

    static let all = [
        ServiceCommand(
            "database check", "says what the state is kept in, and whether it is whole and up to date",
            settings: PipelineSettings.place, run: check
        ),
        ServiceCommand(
            "database migrate", "brings the schema up to date, as a start of the service does",
            settings: PipelineSettings.place, run: migrate),
        ServiceCommand(
            "database compact",
            "makes the file in the data folder anew without its free room, so that it shrinks by itself from then on",
            settings: [CommonSettings.data], run: compact),
        ServiceCommand(
            "database copy", "copies the state from the file in the data folder to PostgreSQL and verifies the copy",
            settings: [CommonSettings.data, target, PipelineSettings.databasePassword], run: copy),
    ]

    @Sendable private static func check(_ settings: Settings, _ logger: Logger) async throws {
        let store = try await Pipeline.open(settings, logger, asItIs: true)
        print("database: \(store.name)")
        let pending = try await store.pending(Schema.migrations)
        print("schema: " + (pending.isEmpty ? "up to date" : "steps to apply: \(pending.joined(separator: ", "))"))
        for table in try await store.tables() { print("  \(table.name): \(table.rows)") }
        let faults = try await store.faults()
        guard faults.isEmpty else {
            throw StoreError(
                .corrupt, "\(store.name) is damaged: \(faults.joined(separator: "; ")); put a backup in its place")
        }
        print("no faults found")
        try await store.close()
    }

    @Sendable private static func migrate(_ settings: Settings, _ logger: Logger) async throws {
        let folder = try DataFolder.claimAlone(settings, service: "pipeline")
        let before = try await Pipeline.open(settings, logger, asItIs: true)
        let pending = try await before.pending(Schema.migrations)
        try await before.close()
        let store = try await Pipeline.open(settings, logger)
        print("\(store.name) is up to date" + (pending.isEmpty ? "" : "; applied: \(pending.joined(separator: ", "))"))
        try await store.close()
        folder.release()
    }

    @Sendable private static func compact(_ settings: Settings, _ logger: Logger) async throws {
        let folder = try DataFolder.claimAlone(settings, service: "pipeline")
        let store = try Store.open(asItIs: Pipeline.file(in: folder.path))
        let before = try await store.space()
        try await store.compact()
        if let before, let after = try await store.space() {
            print("\(store.name) has \(after.pages) pages, \(before.pages) before")
        }
        try await store.close()
        folder.release()
    }

    @Sendable private static func copy(_ settings: Settings, _ logger: Logger) async throws {
        // The service must not write meanwhile.
        let folder = try DataFolder.claimAlone(settings, service: "pipeline")
        let path = Pipeline.file(in: folder.path)
        let source = try Store.open(asItIs: path)
        let pending = try await source.pending(Schema.migrations)
        guard pending.isEmpty else {
            throw StoreError(
                .olderSchema,
                "\(path) is not up to date (\(pending.joined(separator: ", "))); run pipeline database migrate first")
        }
        let url = try settings.value(target)
        let copy = try await Store.open(
            try await Pipeline.postgreSQL(url, settings, logger), migrations: Schema.migrations)
        print("copying \(path) to \(copy.name)")
        let tables: [Store.Copied]
        do {
            tables = try await source.copy(to: copy) {
                print("  \($0.table.name): \($0.table.rows) rows, \($0.digest)")
            }
        } catch let error as StoreError where error.code == .unavailable {
            throw StoreError(
                .unavailable,
                "\(copy.name) went away while \(path) was copied, which is one transaction; all of it or nothing is there: "
                    + "pipeline database check tells which",
                cause: error)
        }
        let rows = tables.reduce(0) { $0 + $1.table.rows }
        print("copied and compared: \(tables.count) tables, \(rows) rows")
        print(
            "start pipeline with SLIPWAY_DATABASE_URL from now on; \(path) is as it was, the logs stay in \(folder.path)/logs"
        )
        try await copy.close()
        try await source.close()
        folder.release()
    }
}
