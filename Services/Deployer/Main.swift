import Contracts
import HTTPClient
import Messaging
import Runtime
import ServiceLifecycle
import SystemPackage
import Worker

/// `deployer`: rolls out, and watches until it is true.
@main
struct Main {
    static func main() async {
        let service = ServiceMain(
            name: "deployer", summary: "rolls images out to Kubernetes and Docker hosts and watches them to the end",
            settings: DeployerSettings.all, adminPort: 9104)
        await service.run(
            queues: { settings in
                try DeployerSettings.targets(settings).map { MessageMap.deploy(cluster: $0.name) }
            },
            services: { context in try Deployer(context).services() })
    }
}
