import HTTPClient

/// The client's request, for files that also see Hummingbird's type of the same name.
typealias ClientRequest = HTTPRequest
