import Contracts
import PipelineLanguage

/// The images that may receive a secret, as globs. Such an image is trusted with it because of what it does, so it counts
/// only where it runs as it is: what a pipeline has it do instead is the pipeline's.
struct SecretImages: Sendable, Equatable {
    let patterns: [String]

    init(_ patterns: [String]) {
        self.patterns = patterns.map(Self.short)
    }

    /// Why a step that is resolved does not receive it; `nil` where it does.
    /// - Parameter workspace: the stage's, which is mounted over what the image has at its place.
    func refusal(of step: Step, workspace: Workspace = Workspace()) -> String? {
        guard let image = step.image else { return "the step runs no image" }
        guard covers(image) else {
            return "the step runs \(image); slipway secret limit adds that to its images"
        }
        // A variable such as LD_PRELOAD or NODE_OPTIONS has a program run what is in the workspace, and another resolver or
        // user leads it elsewhere.
        let changes = [
            ("commands", step.commands.isEmpty), ("command", step.command.isEmpty),
            ("entrypoint", step.entrypoint.isEmpty), ("volumes", step.mounts.isEmpty), ("ready", step.ready == nil),
            ("environment", step.environment.values.allSatisfy { $0.secretName != nil }),
            ("dns", step.dns.isEmpty && step.dnsSearch.isEmpty), ("extra_hosts", step.extraHosts.isEmpty),
            ("network_mode", step.networkMode == nil), ("user", step.user == nil),
            ("working_dir", step.workingDirectory == nil), ("devices", step.devices.isEmpty),
            ("privileged", !step.privileged), ("workspace", workspace.place.base == Workspace().place.base),
        ]
        guard let change = changes.first(where: { !$0.1 }) else { return nil }
        return "the step does not run \(image) as it is, but with “\(change.0)” of the pipeline: leave that out"
    }

    func covers(_ image: String) -> Bool { Self.names(of: image).contains { RolloutPermit.covers(patterns, $0) } }

    /// An image's name as it is written, without its tag and digest, and both without Docker Hub's host and folder.
    static func names(of image: String) -> [String] {
        let named = image.split(separator: "@", maxSplits: 1).first.map(String.init) ?? image
        let start = named.lastIndex(of: "/").map { named.index(after: $0) } ?? named.startIndex
        let plain = named[start...].firstIndex(of: ":").map { String(named[..<$0]) } ?? named
        return [image, named, plain].map(short)
    }

    private static func short(_ image: String) -> String {
        for prefix in ["docker.io/library/", "index.docker.io/library/", "docker.io/", "index.docker.io/"]
        where image.hasPrefix(prefix) { return String(image.dropFirst(prefix.count)) }
        return image.hasPrefix("library/") ? String(image.dropFirst("library/".count)) : image
    }
}
