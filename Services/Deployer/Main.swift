import Contracts
import HTTPClient
import Messaging
import Runtime
import ServiceLifecycle
import SystemPackage
import Worker

@main
enum Main {
    static func main() async {
        await ServiceMain(
            name: "deployer", summary: "rolls images out to Kubernetes and Docker hosts and watches them to the end",
            settings: DeployerSettings.all, adminPort: 9104
        ).run(
            queues: { settings in
                try DeployerSettings.targets(settings).map {
                    MessageMap.wakes(of: try DeployerSettings.scope($0, settings))
                }
            },
            services: { context in try Deployer(context).services() })
    }
}
