import Runtime

@main
enum Main {
    static func main() async {
        await ServiceMain(
            name: "webhook-gateway", summary: "takes the hooks of Git servers and confirms each push",
            settings: GatewaySettings.all, adminPort: 9100, needsBroker: false
        ).run { context in try await WebhookGateway(context).services() }
    }
}
