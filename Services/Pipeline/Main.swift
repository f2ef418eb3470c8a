import Messaging
import Runtime

@main
enum Main {
    static func main() async {
        await ServiceMain(
            name: "pipeline", summary: "keeps components and runs, serves the API and the pages",
            settings: PipelineSettings.all, adminPort: 9102, needsBroker: false,
            commands: DatabaseCommands.all + TokenCommands.all
        ).run(
            queues: { _ in [MessageMap.build(labels: []), MessageMap.deploy(cluster: "default")] },
            services: { context in try await Pipeline(context).services() })
    }
}
