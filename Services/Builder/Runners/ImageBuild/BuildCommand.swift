import PipelineLanguage
import Text

/// An image build as a person would type it: what the log shows before the engine's own words.
struct BuildCommand: CustomStringConvertible {
    let build: ImageBuild
    /// With their tags.
    let images: [String]
    /// All that the image gets: the builder's own and those of the step.
    let labels: [String: String]
    /// What the commands of the build may use, in bytes.
    var memoryLimit: Int64?

    var description: String {
        var words = ["docker", "build"]
        for image in images { words += ["-t", image] }
        if let dockerfile = build.dockerfile {
            // Docker's own flag is relative to where one is, not to the context.
            let context = build.context.hasSuffix("/") ? String(build.context.dropLast()) : build.context
            words += ["-f", context == "." ? dockerfile : "\(context)/\(dockerfile)"]
        }
        if let target = build.target { words += ["--target", target] }
        for (name, value) in build.arguments.sorted(by: { $0.key < $1.key }) {
            // A secret's value is not shown, masked or not.
            switch value {
            case .text(let text): words += ["--build-arg", "\(name)=\(text)"]
            case .secret: words += ["--build-arg", name]
            }
        }
        for (name, value) in labels.sorted(by: { $0.key < $1.key }) { words += ["--label", "\(name)=\(value)"] }
        for image in build.cacheFrom { words += ["--cache-from", image] }
        if let platform = build.platform { words += ["--platform", platform] }
        // As much as they may, and no swap beyond it.
        if let memoryLimit { words += ["--memory", "\(memoryLimit)", "--memory-swap", "\(memoryLimit)"] }
        if build.pull { words.append("--pull") }
        if build.noCache { words.append("--no-cache") }
        words.append(build.context)
        return words.map { ShellWord.quote($0) }.joined(separator: " ")
    }
}
