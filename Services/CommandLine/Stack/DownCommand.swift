import ArgumentParser

struct DownCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "down",
        abstract: "End the stack that `slipway up` started on this machine.",
        discussion: """
            The services finish or hand back their work, then the private broker ends. Nothing else is touched, and \
            the state stays: `slipway up` goes on where it was.

              slipway down
              slipway down --state .slipway
            """)

    @OptionGroup var options: StackOptions

    func run() async throws {
        let layout = options.layout()
        let ended = try await Stack(layout: layout, binaries: try Stack.executableFolder()).stop()
        if options.json {
            try Console.current.write(json: ["ended": ended])
        } else {
            Console.current.write(
                line: ended.isEmpty
                    ? "Nothing runs from \(layout.directory)." : "Ended \(ended.joined(separator: ", ")).")
        }
    }
}
