import Runtime

@main
enum Main {
    static func main() async {
        await ServiceMain(
            name: "sync", summary: "mirrors repositories and serves them to builders", settings: SyncSettings.all,
            adminPort: 9101
        ).run { context in try await Sync(context).services() }
    }
}
