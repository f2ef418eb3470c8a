import Measures
import Metrics
import Synchronization

/// All metrics of this process, and their text for Prometheus (exposition format 0.0.4).
///
/// Timers and aggregating recorders become histograms in seconds, the others counters and gauges.
final class MetricsRegistry: MetricsFactory, Sendable {
    private let metrics = Mutex<[Series: Metric]>([:])

    struct Series: Hashable, Sendable {
        var name: String
        var labels: [Label]

        init(_ label: String, _ dimensions: [(String, String)]) {
            name = String(label.map { $0.isLetter || $0.isNumber || $0 == "_" || $0 == ":" ? $0 : "_" })
            labels = dimensions.map { Label(name: $0.0, value: $0.1) }
        }
    }

    struct Label: Hashable, Sendable {
        var name: String
        var value: String
    }

    /// The metric of this name and these labels, made on its first use. One name has one kind: where another kind is
    /// asked for, it is counted apart from what is shown.
    private func metric(_ label: String, _ dimensions: [(String, String)], _ kind: Metric.Kind) -> Metric {
        let series = Series(label, dimensions)
        return metrics.withLock { metrics in
            if let metric = metrics[series] { return metric }
            let metric = Metric(kind)
            metrics[series] = metric
            return metric
        }
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        metric(label, dimensions, .counter)
    }

    func makeFloatingPointCounter(label: String, dimensions: [(String, String)]) -> any FloatingPointCounterHandler {
        metric(label, dimensions, .counter)
    }

    func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        metric(label, dimensions, .gauge)
    }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        metric(label, dimensions, aggregate ? .histogram : .gauge)
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        metric(label, dimensions, .histogram)
    }

    // A metric lives as long as its process: a counter that starts again is a restart to whoever reads it.
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    func destroyMeter(_ handler: any MeterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}

    /// Everything, sorted by name.
    /// - Parameter samples: what was looked up for whoever asks, beside what is kept here.
    func rendered(with samples: [Sample] = []) -> String {
        var all = metrics.withLock { $0 }
        for sample in samples {
            let metric = Metric(.gauge)
            metric.set(sample.value)
            all[Series(sample.measure.rawValue, sample.dimensions)] = metric
        }
        var text = ""
        var last: String?
        for (series, metric) in all.sorted(by: { Self.precedes($0.key, $1.key) }) {
            if series.name != last {
                if let measure = Measure(rawValue: series.name) {
                    text += "# HELP \(series.name) \(measure.definition.help)\n"
                }
                text += "# TYPE \(series.name) \(metric.kind)\n"
                last = series.name
            }
            metric.render(series, into: &text)
        }
        return text
    }

    private static func precedes(_ left: Series, _ right: Series) -> Bool {
        left.name != right.name
            ? left.name < right.name
            : left.labels.lexicographicallyPrecedes(right.labels) { ($0.name, $0.value) < ($1.name, $1.value) }
    }
}
