import Messaging
import Runtime

@main
enum Main {
    static func main() async {
        await ServiceMain(
            name: "notifier", summary: "posts events as signed webhooks and to chats", settings: NotifierSettings.all,
            adminPort: 9105
        ).run(
            queues: { _ in [MessageMap.notifier] }, services: { context in try await Notifier(context).services() })
    }
}
