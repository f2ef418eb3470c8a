import ArgumentParser
import Contracts
import FoundationEssentials
import Glibc

struct UpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Start a stack on this machine: a private broker and the six services.",
        discussion: """
            What runs already stays as it is, so the command can be given again at any time. Everything listens on \
            loopback; keys, state and logs are in the stack's folder. It returns when all is ready; `slipway down` \
            ends exactly what was started. You are an administrator of it, and this command is signed in, unless it \
            is signed in already: a login that is kept is not replaced. The link that is printed signs a browser in, \
            once; the command prints another one each time.

              slipway up
              slipway up --broker amqp://user:password@rabbit:5672/
              slipway up --state .slipway --port 9080
              slipway up --processes
              slipway up --set SLIPWAY_LOG_LEVEL=debug \\
                --set builder:SLIPWAY_DOCKER_SOCKET=/run/docker.sock

            Steps run in containers, and repositories may be folders of this machine. With --processes a step \
            without an image is a plain process: it may do what you may, and it has the engine's socket. The Docker \
            Engine is the one that DOCKER_HOST names or that listens at the usual place; without one, steps are \
            processes only.

            As root, it keeps the containers of steps from this stack and from the machine's metadata service with \
            rules of nftables, until `slipway down` (see `builder firewall --help`).

            On its private broker each service has a login that may do no more than it needs; keys/broker has their \
            addresses, one for you as the operator and one for whoever listens to events. Those who share a broker's \
            address given by --broker are not kept apart.

            Every setting of a service (see `builder --help` and so on) can be given with --set or in the \
            environment; each service gets its own alone. A name that none has is refused in --set and told of in \
            the environment. SLIPWAY_POOL is the builder's pool, SLIPWAY_DEPLOYER_POOL the deployer's. Ports: the gateway has --port, sync and the pipeline service the next two, the private \
            broker +10 to +12, health and metrics +1020 to +1025.
            """)

    @Option(
        help: ArgumentHelp("A broker to use; without it SLIPWAY_BROKER_URL, else a private one.", valueName: "url"))
    var broker: String?

    @Option(help: ArgumentHelp("The folder of the services' executables; this one's if absent.", valueName: "folder"))
    var binaries: String?

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("A setting for every service or for one; repeat it.", valueName: "[service:]name=value"))
    var settings: [StackSetting] = []

    @Flag(help: "Let steps without an image run as processes of yours, with the Docker Engine's socket.")
    var processes = false

    @Option(help: ArgumentHelp("How long to wait for each part.", valueName: "seconds"))
    var timeout = 90

    @OptionGroup var options: StackOptions

    private struct Answer: Encodable {
        var server: String
        var hooks: String
        var mirror: String
        /// Signs a browser in, once.
        var link: String
        var brokerURLFile: String
        var state: String
    }

    func run() async throws {
        let layout = options.layout()
        let stack = Stack(
            layout: layout, binaries: try binaries.map(StackLayout.absolute) ?? Stack.executableFolder(),
            broker: broker ?? ProcessInfo.processInfo.environment["SLIPWAY_BROKER_URL"].nonEmpty, settings: settings,
            processes: processes, flags: options.json ? nil : options.flags)
        try await stack.start(timeout: .seconds(timeout))
        let console = Console.current
        let signIn = try await signIn(layout, stack)
        let link = try await stack.link()
        if options.json {
            return try console.write(
                json: Answer(
                    server: layout.server, hooks: layout.hooks, mirror: layout.mirror, link: link,
                    brokerURLFile: stack.brokerAddress(of: "operator"), state: layout.directory))
        }
        var table = Table([.init(""), .init("")])
        table.hasHeader = false
        table.indent = 2
        table.add(.init("web page", .faint), .init(layout.server, .strong))
        table.add(.init("sign in", .faint), .init(link))
        table.add(.init("hooks", .faint), .init(layout.hooks))
        table.add(.init("state", .faint), .init(layout.directory))
        console.write(line: console.style.paint("Slipway is up.", .good))
        console.write(lines: table.lines(style: console.style))
        if !stack.hasEngine {
            Console.remark(
                "No Docker Engine answers here, so steps run as plain processes only. Once one does: slipway "
                    + "down\(options.flags), slipway up\(options.flags).")
        }
        if processes || !stack.hasEngine {
            let rights =
                geteuid() == 0 ? "root's: they may do anything on this machine" : "yours: they may do what you may"
            Console.remark("Steps without an image are processes of \(rights).")
        }
        let login = "slipway login --link '\(link)'"
        switch signIn {
        case .signedIn:
            Console.remark(
                console.style.paint(
                    "This command is signed in to it. End it with: slipway down\(options.flags)", .faint))
        case .elsewhere(let server):
            Console.remark("This command stays signed in to \(server). Sign in here with: \(login)")
        case .refused:
            Console.remark("The login kept for this address is not accepted here, and stays. Sign in with: \(login)")
        }
    }

    private func signIn(_ layout: StackLayout, _ stack: Stack) async throws -> StackSignIn.Outcome {
        try await StackSignIn(store: .standard()).begin(layout.server) { kept in
            do {
                try await APIClient.check(kept)
                return true
            } catch is CommandError {
                return false
            }
        } makeToken: {
            let account = Account(server: layout.server, token: nil, authority: nil)
            return try await SignInLink(try await stack.link()).redeem(account, name: MachineName.account).token
        }
    }
}
