/// Warnings for what is said of a container where there is none.
extension DraftValidator {
    func checkContainerFields(of index: Int) {
        let stage = draft.stages[index]
        for step in stage.steps where !step.isService {
            let place: String
            if step.step.build != nil {
                place = "where an image is built"
            } else if step.step.isRollout {
                place = "in a rollout"
            } else if stage.stage.kind == .exec {
                place = "in a pipeline of type exec"
            } else if step.step.deploysByCommands {
                place = "in a step called deploy without an image"
            } else {
                continue
            }
            let fields = step.step.containerFields
            if !fields.isEmpty {
                let names = fields.map { "“\($0)”" }
                let text =
                    names.count == 1
                    ? names[0] : names.dropLast().joined(separator: ", ") + " and " + names[names.count - 1]
                sink.warning(
                    .noEffect, "\(text) \(names.count == 1 ? "has" : "have") no effect \(place): there is no container",
                    at: step.nameMark, length: step.step.name.unicodeScalars.count)
            }
            if step.step.build != nil || step.step.deploy != nil, !step.step.outputs.isEmpty {
                sink.warning(
                    .noEffect,
                    "“outputs” has no effect here: the step hands on \(DocumentReader.list(Self.own(step.step)))",
                    at: step.nameMark, length: step.step.name.unicodeScalars.count)
            }
        }
    }

    /// What a runner would refuse. On Windows nothing runs that could.
    func checkShells(of index: Int) {
        let stage = draft.stages[index]
        guard stage.stage.platform.os != "windows" else { return }
        for step in stage.steps where !step.step.commands.isEmpty {
            guard let shell = step.step.shell, !Substitution.hasExpression(shell),
                let problem = ShellName.problem(shell)
            else { continue }
            // What is wrong already may be the “platform”.
            if sink.hasErrors, ["cmd", "powershell", "pwsh"].contains(shell) { continue }
            sink.error(.badValue, problem, at: step.nameMark, length: step.step.name.unicodeScalars.count)
        }
    }

    /// Others reach what runs beside them under its name, where that is one a host may have.
    func checkHostNames(of index: Int) {
        let stage = draft.stages[index]
        guard stage.stage.kind == .docker else { return }
        for step in stage.steps where (step.isService || step.step.detach) && !step.hasErrors {
            let name = step.step.name
            guard step.step.networkMode == nil, !Substitution.hasExpression(name),
                let instead = Self.hostName(for: name)
            else { continue }
            sink.warning(
                .suspicious,
                "“\(name)” is no host name, so nothing can reach this \(step.isService ? "service" : "step")"
                    + (instead.isEmpty ? "" : "; call it “\(instead)”"), at: step.nameMark,
                length: name.unicodeScalars.count)
        }
    }

    /// The nearest host name; `nil` for a text that is one.
    private static func hostName(for name: String) -> String? {
        func isPart(_ character: Character) -> Bool {
            character.isASCII && (character.isLetter || character.isNumber || character == "_" || character == "-")
        }
        guard name.count > 63 || !name.allSatisfy({ isPart($0) || $0 == "." }) else { return nil }
        let words = name.lowercased().split { !isPart($0) }
        return String(words.joined(separator: "-").prefix(63))
    }

    private static func own(_ step: Step) -> [String] { step.build != nil ? ImageBuild.outputs : Deploy.outputs }
}

extension Step {
    /// The fields that are set and that only a container has.
    fileprivate var containerFields: [String] {
        let fields: [(name: String, isSet: Bool)] = [
            ("pull", pull != nil), ("command", !command.isEmpty), ("entrypoint", !entrypoint.isEmpty),
            ("shell", shell != nil && (build != nil || isRollout)), ("privileged", privileged), ("user", user != nil),
            ("working_dir", workingDirectory != nil && (build != nil || isRollout)), ("volumes", !mounts.isEmpty),
            ("devices", !devices.isEmpty), ("dns", !dns.isEmpty), ("dns_search", !dnsSearch.isEmpty),
            ("extra_hosts", !extraHosts.isEmpty), ("network_mode", networkMode != nil),
            ("mem_limit", memoryLimit != nil), ("memswap_limit", memorySwapLimit != nil),
            ("shm_size", sharedMemorySize != nil), ("cpus", cpuLimit != nil), ("pids_limit", processLimit != nil),
            ("ready", ready != nil),
        ]
        return fields.filter(\.isSet).map(\.name)
    }
}
