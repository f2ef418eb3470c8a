import Contracts
import Glibc
import Messaging
import Runtime
import ServiceLifecycle

@main
enum Main {
    static func main() async {
        // What a step may do with its source does not depend on how this program was started.
        umask(0o022)
        await ServiceMain(
            name: "builder", summary: "runs the steps of jobs, in containers or as processes, and builds images",
            settings: BuilderSettings.all, adminPort: 9103
        ).run(
            queues: { settings in [MessageMap.build(labels: try settings.value(BuilderSettings.labels))] },
            services: { context in try Builder(context).services() })
    }
}
