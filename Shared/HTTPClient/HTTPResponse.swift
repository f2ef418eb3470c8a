/// An answer whose head has come; the body follows as it is read.
public struct HTTPResponse: Sendable {
    /// Such as 200.
    public let status: Int
    public let headers: HTTPHeaders
    /// To be read to its end, once. Letting go of it stops the transfer and closes its connection.
    public let body: HTTPBody

    /// `true` for 200 to 299.
    public var isSuccess: Bool { (200...299).contains(status) }
}
