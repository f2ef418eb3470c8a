/// Warnings for what is understood and kept, and that nothing acts on. Somebody who relies on a field has to hear that
/// it does nothing before a run shows it.
extension DocumentReader {
    func warn(notExecuted field: String, _ fields: Fields, _ message: String) {
        guard let entry = fields.takeEntry(field), entry.value.content != .null else { return }
        sink.warning(.notExecuted, message, at: entry.keyMark, length: field.unicodeScalars.count)
    }

    func warnOfWork(_ fields: Fields) {
        warn(notExecuted: "cache", fields, "“cache” does nothing yet: builders keep no files between runs")
        warn(
            notExecuted: "artifacts", fields,
            "“artifacts” does nothing yet: the platform keeps no files; push them to where they belong")
    }

    /// What Drone knows of a container, and what its runners for Docker pass over, too.
    func warnOfContainer(_ fields: Fields) {
        warn(
            withoutEffect: "ports", fields,
            "“ports” has no effect: steps and services reach each other under their names, at every port")
        warn(
            withoutEffect: "resources", fields,
            "“resources” has no effect; “mem_limit” is the most memory a step may take")
    }

    /// What a pipeline of Drone's type kubernetes says to a cluster.
    func warnOfCluster(_ fields: Fields) {
        let fieldsOfCluster = [
            "metadata": "there are no pods", "node_name": "“node” has the labels a builder must have",
            "node_selector": "“node” has the labels a builder must have",
            "tolerations": "“node” has the labels a builder must have",
            "service_account_name": "builders have no account of a cluster",
            "host_aliases": "“extra_hosts” of a step adds names", "dns_config": "“dns” and “dns_search” are a step's",
            "resources": "“mem_limit” of a step is the most memory it may take",
            "policy": "what a step may take and do is decided on the platform",
        ]
        for (field, instead) in fieldsOfCluster.sorted(by: { $0.key < $1.key }) {
            warn(withoutEffect: field, fields, "“\(field)” has no effect: builders run containers; \(instead)")
        }
    }

    private func warn(withoutEffect field: String, _ fields: Fields, _ message: String) {
        guard let entry = fields.takeEntry(field), entry.value.content != .null else { return }
        sink.warning(.noEffect, message, at: entry.keyMark, length: field.unicodeScalars.count)
    }

    /// Variables of a pipeline that every run has itself.
    func warnOfRunVariables(_ node: SourceNode) {
        guard case .map(let entries) = node.content else { return }
        for entry in entries {
            guard let variable = RunVariable.named(entry.key), !variable.isRefused, variable.condition.isEmpty else {
                continue
            }
            sink.warning(
                .noEffect,
                "“\(entry.key)” has no effect here: the run's own wins over the pipeline's; a step's “environment” can set it",
                at: entry.keyMark, length: entry.key.unicodeScalars.count)
        }
    }

    func warnOfConcurrency(_ fields: Fields) {
        warn(
            notExecuted: "concurrency", fields,
            "“concurrency” does nothing yet: runs of this pipeline may overlap; those of one workload never do")
    }

    func warnOfClone(_ fields: Fields) {
        warn(
            notExecuted: "skip_verify", fields,
            "“skip_verify” does nothing: the source comes from the platform's own mirror")
        warn(notExecuted: "trace", fields, "“trace” does nothing: the source comes from the platform's own mirror")
    }

    func warnOfPlatform(_ fields: Fields) {
        for field in ["variant", "version"] {
            warn(notExecuted: field, fields, "“\(field)” chooses no builder; give the builder a label and use “node”")
        }
    }
}
