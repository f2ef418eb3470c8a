#if PostgreSQL
    import CPostgreSQL
    import FoundationEssentials
    import Storage

    /// libpq's result of one statement, freed with this value.
    struct PostgreSQLResult: ~Copyable {
        let result: OpaquePointer

        init(_ result: OpaquePointer) { self.result = result }

        deinit { PQclear(result) }

        var status: ExecStatusType { PQresultStatus(result) }

        /// How many rows were inserted, changed or deleted.
        var changes: Int { Int(String(cString: PQcmdTuples(result))) ?? 0 }

        /// `COMMIT`, `ROLLBACK`, …
        var command: String { String(cString: PQcmdStatus(result)) }

        /// The error, where it is one.
        /// - Parameter name: the database, for the message.
        func error(_ name: String) -> StoreError? {
            switch status {
            case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE:
                // The detail would show the row.
                return StoreError(
                    postgreSQL: field(CPOSTGRESQL_SQLSTATE) ?? "",
                    field(CPOSTGRESQL_MESSAGE) ?? String(cString: PQresultErrorMessage(result)), name: name)
            default: return nil
            }
        }

        private func field(_ code: Int32) -> String? {
            cpostgresql_field(result, code).map { String(cString: $0) }
        }

        func rows() -> [Row] {
            let width = PQnfields(result)
            let columns = Row.Columns((0..<width).map { String(cString: PQfname(result, $0)) })
            let types = (0..<width).map { PQftype(result, $0) }
            return (0..<PQntuples(result)).map { row in
                Row(columns: columns, values: (0..<width).map { value(row, $0, types[Int($0)]) })
            }
        }

        private func value(_ row: Int32, _ column: Int32, _ type: Oid) -> DatabaseValue {
            guard PQgetisnull(result, row, column) == 0, let bytes = PQgetvalue(result, row, column) else {
                return .null
            }
            switch type {
            case 16: return .integer(bytes.pointee == CChar(UInt8(ascii: "t")) ? 1 : 0)
            case 17:
                var count = 0
                guard let blob = bytes.withMemoryRebound(to: UInt8.self, capacity: 1, { PQunescapeBytea($0, &count) })
                else { return .null }
                defer { PQfreemem(blob) }
                return .blob(Data(bytes: blob, count: count))
            case 20, 21, 23, 26:
                guard let number = Int64(String(cString: bytes)) else { break }
                return .integer(number)
            case 700, 701, 1700:
                // A sum of integers is a decimal number.
                let text = String(cString: bytes)
                if let number = Int64(text) { return .integer(number) }
                if let number = Double(text) { return .real(number) }
            default: break
            }
            return .text(String(cString: bytes))
        }
    }

    extension StoreError {
        /// - Parameters:
        ///   - state: the five characters of SQLSTATE (PostgreSQL's manual, appendix A).
        ///   - name: the database, for the message.
        init(postgreSQL state: String, _ words: String, name: String) {
            switch state {
            case "23505", "23P01": self.init(.unique, "a rule of the schema in \(name) was broken: \(words)")
            case "23503": self.init(.foreignKey, "a rule of the schema in \(name) was broken: \(words)")
            case "53100": self.init(.full, "the disk of \(name) is full; make room, the service goes on by itself")
            case "42501", "25006":
                self.init(
                    .notWritable,
                    "\(name) does not let the service write (\(words)); its user needs the rights to make and change "
                        + "tables, and the server must not be a standby")
            case "3F000":
                self.init(
                    .notWritable,
                    "\(name) has no schema that the service may make tables in (\(words)); make one with CREATE SCHEMA … "
                        + "AUTHORIZATION its user, and name it in the address: ?options=-csearch_path%3DNAME")
            case "XX001", "XX002": self.init(.corrupt, "\(name) is damaged (\(words)); put a backup in its place")
            case "58030": self.init(.inputOutput, "the disk of \(name) failed: \(words)")
            // Each undoes its transaction.
            case "40001", "40P01", "55P03", "57014":
                self.init(.busy, "\(name) is held by another process: \(words)")
            case _ where state.hasPrefix("23"):
                self.init(.constraint, "a rule of the schema in \(name) was broken: \(words)")
            // The session is ended, or cannot go on: by the administrator, a crash of the server, for want of memory.
            case "25P03", "40003": self.init(.unavailable, Self.away(name, words))
            case _ where state.hasPrefix("08") || state.hasPrefix("57P") || state.hasPrefix("53"):
                self.init(.unavailable, Self.away(name, words))
            default: self.init(.database, "PostgreSQL refused on \(name): \(words) (\(state))")
            }
        }

        static func away(_ name: String, _ words: String) -> String {
            "\(name) cannot be reached (\(words)); the service goes on by itself once it is back"
        }
    }
#endif
