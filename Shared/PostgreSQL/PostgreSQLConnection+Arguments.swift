#if PostgreSQL
    import CPostgreSQL
    import FoundationEssentials
    import Storage

    extension PostgreSQLConnection {
        /// Sends a prepared statement with its arguments.
        static func send(_ name: String, _ arguments: [DatabaseValue], on connection: OpaquePointer) -> Bool {
            var bytes: [CChar] = []
            var starts: [Int?] = []
            var lengths: [Int32] = []
            var formats: [Int32] = []
            for argument in arguments {
                let start = bytes.count
                var isBinary = false
                switch argument {
                case .null: break
                case .integer(let value): bytes += String(value).utf8CString
                case .real(let value): bytes += String(value).utf8CString
                case .text(let value): bytes += value.utf8CString
                case .blob(let value):
                    isBinary = true
                    bytes += value.map { CChar(bitPattern: $0) } + [0]
                }
                starts.append(argument == .null ? nil : start)
                lengths.append(Int32(bytes.count - start - 1))
                formats.append(isBinary ? 1 : 0)
            }
            return bytes.withUnsafeBufferPointer { buffer in
                let values = starts.map { start in start.flatMap { start in buffer.baseAddress.map { $0 + start } } }
                return PQsendQueryPrepared(
                    connection, name, Int32(arguments.count), values, lengths, formats, 0) == 1
            }
        }
    }
#endif
