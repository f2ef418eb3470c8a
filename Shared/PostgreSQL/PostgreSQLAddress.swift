#if PostgreSQL
    import CPostgreSQL
    import Storage

    /// Where a database is: `postgres://user@host/database`, or anything else that libpq takes.
    struct PostgreSQLAddress: Sendable {
        /// As libpq takes it, with the password if that is in it.
        private let url: String
        private let password: String?
        /// Without the password, for people.
        let name: String

        private static let malformed = StoreError(
            .unavailable,
            "the address of the database is not valid for libpq; give one such as "
                + "postgres://slipway@db.example:5432/slipway, with %-codes for special characters: a password's @ is %40, "
                + "its / is %2F")

        /// - Throws: `StoreError` `unavailable` for what libpq does not understand. Its words hold the address, so they
        ///   are not shown.
        init(_ url: String, password: String?) throws(StoreError) {
            guard let options = PQconninfoParse(url, nil) else { throw Self.malformed }
            defer { PQconninfoFree(options) }
            var found: [String: String] = [:]
            var option = options
            while let keyword = option.pointee.keyword {
                if let value = option.pointee.val { found[String(cString: keyword)] = String(cString: value) }
                option += 1
            }
            // With a plain @ or / in it, part of the password is read as the host, the port or the database.
            let read = ["host", "hostaddr", "dbname"].compactMap { found[$0] }
            guard !read.contains(where: { $0.contains("@") }),
                found["port"]?.allSatisfy({ $0.isASCII && $0.isNumber || $0 == "," }) ?? true
            else { throw Self.malformed }
            self.url = url
            self.password = password
            let user = found["user"].map { "\($0)@" } ?? ""
            let port = found["port"].map { ":\($0)" } ?? ""
            name = "postgres://\(user)\(found["host"] ?? found["hostaddr"] ?? "")\(port)/\(found["dbname"] ?? "")"
        }

        /// Connects, and waits for as long as that takes: some seconds at most.
        func connect() -> OpaquePointer? {
            withParameters { PQconnectdbParams($0, $1, 1) }
        }

        /// For how long an attempt to connect waits for an answer, unless the address says otherwise.
        static let timeout = Duration.seconds(5)

        /// Whether a server is there and takes sessions, wanted or not.
        var isAnswering: Bool { ping == PQPING_OK }

        /// Whether a server is there at all, even one that starts or ends.
        var isThere: Bool { ping != PQPING_NO_RESPONSE }

        private var ping: PGPing { withParameters { PQpingParams($0, $1, 1) } }

        private func withParameters<Value>(
            _ body: ([UnsafePointer<CChar>?], [UnsafePointer<CChar>?]) -> Value
        ) -> Value {
            // What comes later wins: the address over the first ones.
            var parameters = [
                ("connect_timeout", String(Self.timeout.components.seconds)), ("keepalives_idle", "30"),
                ("keepalives_interval", "10"),
                ("keepalives_count", "3"), ("tcp_user_timeout", "60000"), ("application_name", "slipway pipeline"),
                ("dbname", url), ("client_encoding", "UTF8"),
            ]
            if let password { parameters.append(("password", password)) }
            return withCStrings(parameters.map(\.0)) { keywords in
                withCStrings(parameters.map(\.1)) { values in body(keywords, values) }
            }
        }
    }

    /// Calls the body with the texts as a list that ends with a null pointer.
    private func withCStrings<Value>(_ texts: [String], _ body: ([UnsafePointer<CChar>?]) -> Value) -> Value {
        var bytes: [CChar] = []
        var starts: [Int] = []
        for text in texts {
            starts.append(bytes.count)
            bytes += text.utf8CString
        }
        return bytes.withUnsafeBufferPointer { buffer in
            body(starts.map { start in buffer.baseAddress.map { $0 + start } } + [nil])
        }
    }
#endif
