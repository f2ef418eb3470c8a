/// Why a test could not be set up or a condition did not come about.
public struct TestFailure: Error, Sendable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}
