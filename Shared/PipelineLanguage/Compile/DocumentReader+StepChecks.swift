extension DocumentReader {
    /// What of a step's fields goes together.
    /// - Parameter hasErrors: Whether something is wrong with it already.
    func check(_ step: inout Step, _ fields: Fields, _ node: SourceNode, isService: Bool, hasErrors: Bool) {
        let isWork = !isService && (step.build != nil || step.deploy != nil)
        if isWork, step.build != nil, step.deploy != nil {
            sink.error(.conflict, "a step builds or deploys, not both; make it two steps", at: step, node)
        }
        if isWork {
            let block = step.build != nil ? "build" : "deploy"
            for field in ["image", "commands", "settings", "command", "entrypoint", "detach", "privileged", "volumes"]
            where fields.has(field) {
                guard let entry = fields.takeEntry(field) else { continue }
                let hint = field == "image" && block == "build" ? "; the name to push it under is “repository”" : ""
                sink.error(
                    .conflict, "a step with “\(block)” has no “\(field)”: it runs no container\(hint)",
                    at: entry.keyMark, length: field.unicodeScalars.count)
            }
        } else {
            checkCommands(&step, fields, node, isService: isService, hasErrors: hasErrors)
        }
        if let soak = step.deploy?.soak, let timeout = step.timeout, soak >= timeout {
            sink.error(
                .badValue, "“soak” is \(soak) s, and the step's “timeout” of \(timeout) s would end it before",
                at: step, node)
        }
        if isService {
            checkService(step, fields, node)
        } else if step.ready != nil, !step.detach {
            sink.warning(.noEffect, "“ready” has an effect in services and detached steps only", at: step, node)
        }
        if step.detach, step.retry != nil {
            sink.warning(.noEffect, "“retry” has no effect in a detached step", at: step, node)
        }
        if let limit = step.memoryLimit, let swap = step.memorySwapLimit, swap < limit {
            sink.error(
                .badValue, "“memswap_limit” includes the memory and cannot be less than “mem_limit”", at: step, node)
        }
    }

    private func checkCommands(
        _ step: inout Step, _ fields: Fields, _ node: SourceNode, isService: Bool, hasErrors: Bool
    ) {
        if !step.commands.isEmpty {
            if !step.settings.isEmpty {
                sink.warning(
                    .suspicious,
                    "a \(isService ? "service" : "step") with “commands” runs these instead of the plugin; its settings are "
                        + "variables only",
                    at: step, node)
            }
            for field in ["entrypoint", "command"] {
                guard let entry = fields.takeEntry(field), entry.value.content != .null else { continue }
                sink.warning(
                    .noEffect, "“\(field)” has no effect beside “commands”: these run in a shell instead",
                    at: entry.keyMark,
                    length: field.unicodeScalars.count)
            }
            step.entrypoint = []
            step.command = []
        } else if step.image != nil {
            for field in isService ? ["commands"] : ["commands", "build", "deploy"] {
                guard let entry = fields.takeEntry(field), [.null, .list([])].contains(entry.value.content) else {
                    continue
                }
                sink.warning(
                    .noEffect, "an empty “\(field)” has no effect: the image runs as it is", at: entry.keyMark,
                    length: field.unicodeScalars.count)
            }
        } else if !isService, !hasErrors,
            !["commands", "image", "build", "deploy"].contains(where: fields.isSet)
        {
            let hint = fields.has("build") ? "; “build” is {repository: registry.example/team/image}" : ""
            sink.error(
                .missingField,
                "step “\(step.name)” does nothing: it has “commands”, an “image”, “build” or “deploy”\(hint)",
                at: step, node)
        }
    }

    private func checkService(_ step: Step, _ fields: Fields, _ node: SourceNode) {
        for field in ["build", "deploy"] where fields.has(field) {
            guard let entry = fields.takeEntry(field) else { continue }
            sink.error(
                .conflict, "a service has no “\(field)”; that is a step's work", at: entry.keyMark,
                length: field.unicodeScalars.count)
        }
        for field in ["depends_on", "detach", "outputs", "retry", "cache", "artifacts", "failure"]
        where fields.has(field) {
            guard let entry = fields.takeEntry(field) else { continue }
            sink.warning(
                .noEffect, "“\(field)” has no effect in a service", at: entry.keyMark,
                length: field.unicodeScalars.count)
        }
        if !step.when.status.isEmpty, let status = node.member("when")?.member("status") {
            sink.warning(
                .noEffect, "“status” has no effect in a service: it is started before any step", at: status)
        }
    }
}

extension DiagnosticSink {
    fileprivate func error(_ code: Diagnostic.Code, _ message: String, at step: Step, _ node: SourceNode) {
        error(code, message, at: Self.place(node))
    }

    fileprivate func warning(_ code: Diagnostic.Code, _ message: String, at step: Step, _ node: SourceNode) {
        warning(code, message, at: Self.place(node))
    }

    /// A step is shown by its name.
    private static func place(_ node: SourceNode) -> SourceNode {
        node.member("name") ?? node.member("step") ?? node.member("service") ?? node
    }
}
