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

    func warnOfEnvironment(_ fields: Fields) {
        warn(notExecuted: "approvals", fields, "“approvals” does nothing yet: a rollout waits for nobody")
        warn(
            notExecuted: "branches", fields,
            "“branches” does nothing yet; keep other branches out with “when” of the step that deploys")
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
