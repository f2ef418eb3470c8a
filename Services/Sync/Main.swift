import Messaging
import Runtime

@main
enum Main {
    static func main() async {
        await ServiceMain(
            name: "sync", summary: "mirrors repositories and serves them to builders", settings: SyncSettings.all,
            adminPort: 9101
        ).run(
            queues: { _ in [MessageMap.sync] }, services: { context in try await Sync(context).services() })
    }
}
