import FoundationEssentials
import Subprocess
import SystemPackage

extension Stack {
    /// A link that signs whoever runs this command in, once: the platform's own program makes it, beside the service.
    func link() async throws -> String {
        guard let service = StackService.all.first(where: { $0.name == "pipeline" }) else { return "" }
        let program = "\(binaries)/\(service.name)"
        let settings = service.environment(
            layout: layout, broker: brokerAddress(of: service.name), inherited: inherited, settings: settings,
            engine: nil, processes: false)
        var variables: [Environment.Key: String] = [:]
        for (name, value) in settings {
            if let key = Environment.Key(rawValue: name) { variables[key] = value }
        }
        let made = try await run(
            .path(FilePath(program)), arguments: ["link", "make", "--name", MachineName.account],
            environment: .custom(variables), output: .string(limit: 64 << 10), error: .string(limit: 64 << 10))
        guard case .exited(0) = made.terminationStatus,
            let link = made.standardOutput.split(separator: "\n").last(where: { $0.contains("code=") })
        else {
            throw CommandError(
                "no link to sign in with could be made", remedy: "see what \(program) said",
                details: made.standardError.split(separator: "\n").map(String.init))
        }
        return String(link)
    }
}
