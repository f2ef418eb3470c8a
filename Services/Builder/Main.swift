import CLinux
import Contracts
import Glibc
import Messaging
import Runtime
import ServiceLifecycle

@main
enum Main {
    static func main() async {
        // For all that runs here: as root it lacks none, and steps that run as other users gain none, whatever their
        // environment has the loader run first.
        if geteuid() == 0 { _ = clinux_gain_no_privileges() }
        await ServiceMain(
            name: "builder", summary: "runs the steps of jobs, in containers or as processes, and builds images",
            settings: BuilderSettings.all, adminPort: 9103, commands: [FirewallCommand.command]
        ).run(
            queues: { settings in [MessageMap.wakes(of: try BuilderSettings.scope(settings))] },
            services: { context in
                // What a step may do with its source is not the builder's to keep. What is, is in folders of its own.
                umask(0o022)
                return try Builder(context).services()
            })
    }
}
