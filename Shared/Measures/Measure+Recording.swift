public import Metrics

extension Measure {
    /// - Parameter values: of its labels, in their order.
    public func counter(_ values: String...) -> Counter { Counter(label: rawValue, dimensions: dimensions(values)) }

    /// - Parameter values: of its labels, in their order.
    public func gauge(_ values: String...) -> Gauge { Gauge(label: rawValue, dimensions: dimensions(values)) }

    /// - Parameter values: of its labels, in their order.
    public func timer(_ values: String...) -> Timer { Timer(label: rawValue, dimensions: dimensions(values)) }

    /// One value for each label, in their order; a label without one is empty.
    func dimensions(_ values: [String]) -> [(String, String)] {
        let labels = definition.labels
        assert(labels.count == values.count, "\(rawValue) has the labels \(labels), not \(values.count)")
        return labels.enumerated().map { ($1, $0 < values.count ? values[$0] : "") }
    }
}

/// A value that is looked up when somebody asks for the metrics, such as what a table holds.
public struct Sample: Sendable {
    public let measure: Measure
    public let dimensions: [(String, String)]
    public let value: Double

    /// - Parameter values: of the measure's labels, in their order.
    public init(_ measure: Measure, _ values: String..., is value: Double) {
        self.measure = measure
        self.dimensions = measure.dimensions(values)
        self.value = value
    }
}
