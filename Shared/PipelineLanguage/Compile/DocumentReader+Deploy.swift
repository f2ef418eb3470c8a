import Contracts
import Text

extension DocumentReader {
    /// By the platform's own rule, where it is known what the name will be.
    private func environmentName(_ node: SourceNode?) -> String? {
        guard let node, let text = name(node, "“environment”") else { return nil }
        if !text.contains("$"), let problem = EnvironmentName.problem(text) {
            sink.error(.badValue, "\(problem): \(EnvironmentName.remedy)", at: node)
        }
        return text
    }

    /// A `deploy` block, and whether it names its image.
    func deploy(_ node: SourceNode) -> (Deploy, hasImage: Bool)? {
        guard let fields = fields(node, what: "“deploy”") else { return nil }
        let environment = environmentName(fields.require("environment"))
        let workloadNode = fields.take("workload")
        let workload = workloadNode.flatMap(workload)
        let runNode = fields.take("run")
        let container = name(fields.take("container"), "“container”")
        let image = image(fields.take("image"), "“image”")
        var deploy = Deploy(
            environment: environment ?? "", workload: workload, container: container ?? workload?.name ?? "",
            image: image ?? "")
        deploy.namespace = name(fields.take("namespace"), "“namespace”")
        deploy.cluster = name(fields.take("cluster"), "“cluster”")
        deploy.run = runNode.flatMap(containerRun)
        deploy.rollback = bool(fields.take("rollback"), "“rollback”") ?? true
        deploy.soak = duration(fields.take("soak"), "“soak”")
        fields.finish()

        switch (workloadNode, runNode) {
        case (nil, nil):
            if fields.isMistyped("workload") || fields.isMistyped("run") { break }
            sink.error(
                .missingField,
                "“deploy” has a “workload” such as deployment/web, or “run” for a container on a Docker host", at: node)
        case (.some, .some(let run)):
            sink.error(.conflict, "“deploy” has a “workload” or “run”, not both", at: run)
        case (nil, .some):
            if container == nil, !fields.isMistyped("container") {
                sink.error(.missingField, "“deploy” with “run” has a “container”: its name on the host", at: node)
            }
            if let namespace = node.member("namespace") {
                sink.warning(.noEffect, "“namespace” has no effect without “workload”", at: namespace)
            }
        case (.some, nil): break
        }
        guard environment != nil, workload != nil || deploy.run != nil else { return nil }
        return (deploy, image != nil)
    }

    private func workload(_ node: SourceNode) -> Workload? {
        guard let text = name(node, "“workload”") else { return nil }
        if let workload = Workload(text) { return workload }
        let kinds = Workload.Kind.allCases.map(\.rawValue)
        let hint = text.contains("/") ? Nearest.hint(String(text.prefix { $0 != "/" }), among: kinds) : ""
        sink.error(
            .badValue, "“workload” is deployment/NAME, statefulset/NAME or daemonset/NAME, not “\(text)”\(hint)",
            at: node)
        return nil
    }
}
