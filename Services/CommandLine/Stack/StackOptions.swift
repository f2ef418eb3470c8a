import ArgumentParser
import FoundationEssentials

/// Which stack of this machine is meant.
struct StackOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The stack's folder; ~/.local/state/slipway if absent.", valueName: "folder"))
    var state: String?

    @Option(
        help: ArgumentHelp(
            "The gateway's port; all others follow from it (sync +1, web page and API +2).", valueName: "port"))
    var port = StackPorts.standard

    @Flag(help: "Print JSON instead of text.")
    var json = false

    func layout() -> StackLayout {
        StackLayout(
            directory: state.map(StackLayout.absolute) ?? StackLayout.standardDirectory(), ports: StackPorts(base: port)
        )
    }

    /// What has to be given again to mean the same stack.
    var flags: String { state.map { " --state \($0)" } ?? "" }

    func validate() throws {
        guard (1024...60_000).contains(port) else { throw ValidationError("--port \(port): give 1024 to 60000.") }
    }
}
