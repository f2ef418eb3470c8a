import Contracts
import Logging
import Messaging
import Runtime
import Storage
import WebServer

#if PostgreSQL
    import PostgreSQL
#endif

@main
enum Main {
    static func main() async {
        await ServiceMain(
            name: "pipeline", summary: "keeps components and runs, serves the API and the pages",
            settings: PipelineSettings.all, adminPort: 9102, needsBroker: false,
            commands: DatabaseCommands.all + BackupCommands.all + BrokerCommands.all
                + TokenCommands(settings: PipelineSettings.place, open: Pipeline.withTokens).all
                + LinkCommands(
                    settings: PipelineSettings.place + [
                        PipelineSettings.listen, PipelineSettings.publicURL, CommonSettings.tlsCertificateFile,
                    ], open: Pipeline.withPeople
                ).all
                + KeyFileCommands(
                    settings: PipelineSettings.place + [CommonSettings.sealKeys], open: Pipeline.withKeys
                ).all
        ).run(
            queues: { _ in [MessageMap.build(pool: WorkerScope.usualPool), MessageMap.deploy(cluster: "default")] },
            services: { context in try Pipeline(context).services() })
    }
}

extension Pipeline {
    /// The engine on a PostgreSQL database.
    /// - Parameter isAlone: whether no other `pipeline` may use the database meanwhile.
    /// - Throws: `SettingsError` where this program is built without PostgreSQL.
    static func postgreSQL(
        _ url: String, _ settings: Settings, _ logger: Logger, isAlone: Bool = true
    ) async throws -> any DatabaseEngine {
        #if PostgreSQL
            return try await PostgreSQLEngine.open(
                url, password: try settings.optional(PipelineSettings.databasePassword), isAlone: isAlone,
                logger: logger)
        #else
            throw SettingsError(
                setting: PipelineSettings.databaseURL.variable,
                message: "a PostgreSQL database is named, and this pipeline was built without PostgreSQL",
                remedy: "build it with: swift build --traits PostgreSQL; or leave "
                    + "\(PipelineSettings.databaseURL.variable) away for a file of SQLite's")
        #endif
    }
}
