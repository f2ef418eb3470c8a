import Testing

@testable import HTTPClient

@Suite struct RequestTests {
    @Test func serverOfAnAddressHidesPathAndQuery() throws {
        let address = try Address(HTTPRequest(.post, "https://hooks.example:8443/services/T0/SECRET?token=SECRET"))
        #expect(address.server == "https://hooks.example:8443")
        #expect(address.port == "8443")
        #expect(try Address(HTTPRequest(.get, "https://hooks.example/x")).port == "443")
        #expect(
            try Address(HTTPRequest(.get, "http://docker/_ping", socketPath: "/run/docker.sock")).server
                == "unix:/run/docker.sock")
    }

    @Test func certificateNameReplacesTheHostOnly() throws {
        let url = "https://10.0.0.1:6443/api/v1/pods?watch=1&x=%2F"
        let address = try Address(HTTPRequest(.get, url))
        #expect(
            try address.url(url, host: "kubernetes.default")
                == "https://kubernetes.default:6443/api/v1/pods?watch=1&x=%2F")
    }

    @Test(arguments: [
        "", "no url", "ftp://host/", "file:///etc/passwd", "/path", "http://", "http://host:99999/",
        "http://user:secret@host/", "http://user@host/",
    ])
    func refusedAddresses(_ url: String) throws {
        let error = try #require(throws: HTTPClientError.self) { try Address(HTTPRequest(.get, url)) }
        #expect(error.code == .invalidRequest)
        #expect(!"\(error)".contains("secret"))
    }

    @Test func headerNamesCompareWithoutCase() {
        var headers: HTTPHeaders = ["Content-Type": "a", "X": "1"]
        headers.add("x", "2")
        #expect(headers["content-type"] == "a")
        #expect(headers.all("X") == ["1", "2"])
        headers["x"] = "3"
        #expect(headers.all("X") == ["3"])
        headers["CONTENT-TYPE"] = nil
        #expect(headers["Content-Type"] == nil)
    }

    @Test func lineBreaksDoNotSmuggleFields() {
        #expect(HTTPHeaders([.init(name: "X", value: "a\r\nY: b")]).problem != nil)
        #expect(HTTPHeaders([.init(name: "X Y", value: "a")]).problem != nil)
        #expect(HTTPHeaders([.init(name: "", value: "a")]).problem != nil)
        #expect(HTTPHeaders([.init(name: "X", value: "a, b")]).problem == nil)
    }

    @Test func durationsNeverBecomeForEver() {
        #expect(Duration.zero.wholeMilliseconds == 1)
        #expect(Duration.milliseconds(1500).wholeMilliseconds == 1500)
    }

    @Test(
        "Retry-After is seconds or a date",
        arguments: [
            ("30", .seconds(30)), ("Thu, 26 Nov 2026 07:00:45 GMT", .seconds(45)),
            ("Thursday, 26-Nov-26 07:01:00 GMT", .seconds(60)), ("Thu, 26 Nov 2026 06:00:00 GMT", .zero), ("-1", nil),
            ("soon", nil), ("", nil), (nil, nil),
        ] as [(String?, Duration?)])
    func retryAfter(_ value: String?, _ delay: Duration?) {
        var headers = HTTPHeaders()
        headers["Retry-After"] = value
        #expect(headers.retryAfter(now: 1_795_676_400) == delay)
    }
}
