import Contracts
import Logging
import Synchronization

/// Writes a service's log to standard error, a line an event.
struct ServiceLogHandler: LogHandler {
    let service: String
    let format: LogLine.Format
    let output: LogOutput
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var merged = metadata
        if let extra = event.metadata { merged.merge(extra) { _, new in new } }
        var fields = [
            ("time", Timestamp.now.description), ("level", "\(event.level)"), ("service", service),
            ("msg", "\(event.message)"),
        ]
        for (key, value) in merged.sorted(by: { LogKey.isBefore($0.key, $1.key) }) { fields.append((key, "\(value)")) }
        output.write(LogLine(fields: fields).rendered(format))
    }
}
