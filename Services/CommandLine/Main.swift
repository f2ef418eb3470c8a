import ArgumentParser
import Glibc

/// The `slipway` command. Its exit code is 0 if all went well, 1 if the run failed or something is wrong, 2 if the
/// command line was.
///
/// It is not a `ServiceMain`: it has no broker, no settings of a service and no log, and its words and exit codes are those
/// of a command.
@main
enum Main {
    static func main() async {
        // A reader that goes away is told by a failed write, not by a signal in the middle of a request.
        signal(SIGPIPE, SIG_IGN)
        do {
            try CommandName.check(Array(CommandLine.arguments.dropFirst()))
            var command = try Slipway.parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            report(error)
        }
    }

    private static func report(_ error: any Error) -> Never {
        if let error = error as? CommandError {
            let colours = Console.current.style.colours && isatty(STDERR_FILENO) == 1
            for line in error.lines(style: Style(colours: colours)) { Console.remark(line) }
            exit(error.isUsage ? 2 : 1)
        }
        if let code = error as? ExitCode { exit(code.rawValue) }
        let text = Slipway.fullMessage(for: error)
        switch Slipway.exitCode(for: error) {
        case .success:
            Console.current.write(line: text)
            exit(0)
        case .validationFailure:
            Console.remark(text)
            exit(2)
        default:
            Console.remark("slipway: \(error)")
            exit(1)
        }
    }
}
