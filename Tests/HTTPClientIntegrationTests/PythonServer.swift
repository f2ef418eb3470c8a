import Subprocess
import SystemPackage

/// A server that does what a proper one does not: garbage, silence in the middle, a certificate of one's own.
struct PythonServer: Sendable {
    let port: Int

    /// Answers by path, optionally over TLS.
    private static let program = """
        import socket, ssl, sys, threading, time
        certificate, key, authority = sys.argv[1:4]
        context = None
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
            if authority:
                context.verify_mode = ssl.CERT_REQUIRED
                context.load_verify_locations(authority)
        def serve(connection):
            try:
                if context: connection = context.wrap_socket(connection, server_side=True)
                text = b''
                while b'\\r\\n\\r\\n' not in text:
                    more = connection.recv(4096)
                    if not more: return
                    text += more
                path = text.split(b' ')[1].decode()
                send = connection.sendall
                if path == '/hello':
                    who = connection.getpeercert() if context and authority else None
                    name = dict(x[0] for x in who['subject'])['commonName'] if who else 'world'
                    host = [l[6:] for l in text.decode().split('\\r\\n') if l.lower().startswith('host: ')][0]
                    body = f'hello {name} at {host}'.encode()
                    send(b'HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n' % len(body) + body)
                elif path == '/garbage': send(b'BLAH BLAH\\r\\n\\r\\n' * 10)
                elif path == '/headers': send(b'HTTP/1.1 200 OK\\r\\n' + b'X: y\\r\\n' * 100000 + b'\\r\\n')
                elif path == '/half': send(b'HTTP/1.1 200 OK\\r\\nContent-Length: 100\\r\\n\\r\\n0123456789')
                elif path == '/nothing': pass
                elif path == '/silent': time.sleep(60)
                elif path == '/stall':
                    send(b'HTTP/1.1 200 OK\\r\\nContent-Length: 100\\r\\n\\r\\n0123456789')
                    time.sleep(60)
                elif path == '/drip':
                    send(b'HTTP/1.1 200 OK\\r\\nContent-Length: 100\\r\\n\\r\\n')
                    for i in range(100):
                        send(b'x')
                        time.sleep(0.1)
            except OSError: pass
            finally: connection.close()
        listener = socket.create_server(('127.0.0.1', 0), backlog=64)
        print(listener.getsockname()[1], flush=True)
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=serve, args=(connection,), daemon=True).start()
        """

    static func with(
        certificate: String = "", key: String = "", authority: String = "",
        _ body: @Sendable @escaping (PythonServer) async throws -> Void
    ) async throws {
        _ = try await run(
            .name("python3"), arguments: ["-c", program, certificate, key, authority], input: .none, output: .sequence,
            error: .discarded
        ) { execution in
            for try await line in execution.standardOutput.strings() {
                guard let port = Int(line.filter(\.isNumber)) else { continue }
                do {
                    try await body(PythonServer(port: port))
                } catch {
                    try execution.send(signal: .kill)
                    throw error
                }
                break
            }
            try execution.send(signal: .kill)
        }
    }
}
