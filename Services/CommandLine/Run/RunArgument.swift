import ArgumentParser

/// The run a command is about.
struct RunArgument: ParsableArguments {
    @Argument(help: ArgumentHelp("shop/web#12, an id or the beginning of one, shop/web, or latest.", valueName: "run"))
    var text = "latest"

    func reference() throws -> RunReference { try RunReference(text) }
}
