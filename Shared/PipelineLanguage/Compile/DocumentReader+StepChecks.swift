extension DocumentReader {
    /// What of a step's fields goes together.
    func check(_ step: Step, _ fields: Fields, _ node: SourceNode, isService: Bool) {
        let isWork = !isService && (step.build != nil || step.deploy != nil)
        if isWork, step.build != nil, step.deploy != nil {
            sink.error(.conflict, "a step builds or deploys, not both; make it two steps", at: step, node)
        }
        if isWork {
            let block = step.build != nil ? "build" : "deploy"
            for field in ["image", "commands", "settings", "command", "entrypoint", "detach", "privileged", "volumes"]
            where fields.has(field) {
                guard let entry = fields.takeEntry(field) else { continue }
                sink.error(
                    .conflict, "a step with “\(block)” has no “\(field)”: it runs no container of its own",
                    at: entry.keyMark, length: field.unicodeScalars.count)
            }
        } else if !isService {
            checkCommands(step, fields, node)
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

    private func checkCommands(_ step: Step, _ fields: Fields, _ node: SourceNode) {
        if !step.commands.isEmpty {
            if !step.settings.isEmpty {
                sink.warning(
                    .suspicious,
                    "a step with “commands” runs these instead of the plugin; its settings are variables only",
                    at: step, node)
            }
            if !step.entrypoint.isEmpty || !step.command.isEmpty {
                let field = step.entrypoint.isEmpty ? "command" : "entrypoint"
                sink.error(.conflict, "“commands” replace the image's entry point; remove “\(field)”", at: step, node)
            }
        } else if step.image == nil, !["commands", "image", "build", "deploy"].contains(where: fields.has) {
            sink.error(
                .missingField, "step “\(step.name)” does nothing: it has “commands”, an “image”, “build” or “deploy”",
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
        if fields.has("when"), let entry = fields.takeEntry("when") {
            sink.warning(
                .noEffect, "“when” has no effect in a service: it runs whenever a step of the pipeline does",
                at: entry.keyMark, length: 4)
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
