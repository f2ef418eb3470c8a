import Metrics
import Synchronization

/// One counter, gauge or histogram.
final class Metric: CounterHandler, FloatingPointCounterHandler, MeterHandler, RecorderHandler, TimerHandler, Sendable {
    enum Kind: String, Sendable, CustomStringConvertible {
        case counter, gauge, histogram
        var description: String { rawValue }
    }

    /// Upper bounds of the histogram's buckets, in seconds (or whatever is recorded).
    private static let bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]

    let kind: Kind
    private let state: Mutex<State>

    private struct State {
        /// The counter's or gauge's value, the histogram's sum.
        var value = 0.0
        var count = 0
        var buckets: [Int]
    }

    init(_ kind: Kind) {
        self.kind = kind
        state = Mutex(State(buckets: kind == .histogram ? Array(repeating: 0, count: Self.bounds.count) : []))
    }

    func increment(by amount: Int64) { increment(by: Double(amount)) }
    func increment(by amount: Double) { state.withLock { $0.value += amount } }
    func decrement(by amount: Double) { state.withLock { $0.value -= amount } }
    func reset() { state.withLock { $0.value = 0 } }
    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { state.withLock { $0.value = value } }
    func record(_ value: Int64) { record(Double(value)) }
    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }

    func record(_ value: Double) {
        state.withLock { state in
            guard kind == .histogram else {
                state.value = value
                return
            }
            state.value += value
            state.count += 1
            if let bucket = Self.bounds.firstIndex(where: { value <= $0 }) { state.buckets[bucket] += 1 }
        }
    }

    func render(_ series: MetricsRegistry.Series, into text: inout String) {
        let state = self.state.withLock { $0 }
        guard kind == .histogram else {
            text += "\(series.name)\(Self.labels(series.labels)) \(Self.number(state.value))\n"
            return
        }
        var below = 0
        for (bound, count) in zip(Self.bounds, state.buckets) {
            below += count
            let labels = Self.labels(series.labels + [.init(name: "le", value: Self.number(bound))])
            text += "\(series.name)_bucket\(labels) \(below)\n"
        }
        let infinite = Self.labels(series.labels + [.init(name: "le", value: "+Inf")])
        text += "\(series.name)_bucket\(infinite) \(state.count)\n"
        text += "\(series.name)_sum\(Self.labels(series.labels)) \(Self.number(state.value))\n"
        text += "\(series.name)_count\(Self.labels(series.labels)) \(state.count)\n"
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
    }

    private static func labels(_ labels: [MetricsRegistry.Label]) -> String {
        guard !labels.isEmpty else { return "" }
        let pairs = labels.map { label in
            var value = ""
            for character in label.value {
                switch character {
                case "\\": value += "\\\\"
                case "\"": value += "\\\""
                case "\n": value += "\\n"
                default: value.append(character)
                }
            }
            return "\(label.name)=\"\(value)\""
        }
        return "{\(pairs.joined(separator: ","))}"
    }
}
