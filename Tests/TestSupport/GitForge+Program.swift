extension GitForge {
    /// The server: git-http-backend behind tokens, an LFS server beside it, and what stands in the way of real ones. Folders:
    /// `repos`, `lfs`; files: `access.json` (tokens by private repository), `requests` (what was asked), `calm` (it is busy no more).
    static let program = #"""
        import base64, http.server, json, os, ssl, subprocess, sys, threading
        folder, certificate, key = sys.argv[1:4]
        lock = threading.Lock()
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'
            def log_message(self, *arguments): pass
            def answer(self, status, body=b'', headers={}):
                with lock, open(folder + '/requests', 'a') as log:
                    log.write(f"{self.command} {self.path} {'signed' if self.token else 'open'} {status}\n")
                self.send_response(status)
                for name, value in headers.items(): self.send_header(name, value)
                if body is None: self.send_header('Transfer-Encoding', 'chunked')
                else: self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                if body: self.wfile.write(body)
            def chunk(self, piece):
                self.wfile.write(f'{len(piece):x}\r\n'.encode() + piece + b'\r\n')
            def read(self):
                if self.headers.get('Transfer-Encoding') == 'chunked':
                    body = b''
                    while size := int(self.rfile.readline(), 16):
                        body += self.rfile.read(size)
                        self.rfile.readline()
                    self.rfile.readline()
                    return body
                return self.rfile.read(int(self.headers.get('Content-Length') or 0))
            def serve(self):
                body = self.read()
                self.token = ''
                given = self.headers.get('Authorization', '')
                # as forges do: a header with every download, and an error for two
                if len(self.headers.get_all('Authorization', [])) > 1 or ',' in given: return self.answer(400)
                if given.startswith('Basic '):
                    self.token = base64.b64decode(given[6:]).decode().split(':', 1)[1]
                path, _, query = self.path.partition('?')
                trouble = path.split('/')[1]
                slow = []
                if trouble == 'slow':
                    _, _, pause, keepalive, path = path.split('/', 4)
                    path = '/' + path
                    slow = [('uploadpack.keepAlive', keepalive),
                            ('uploadpack.packObjectsHook', f"sh -c 'sleep {pause}; exec \"$@\"' sh")]
                if trouble == 'login': return self.answer(200, b'<html>sign in</html>', {'Content-Type': 'text/html'})
                if trouble == 'busy':
                    if not os.path.exists(folder + '/calm'): return self.answer(429, b'slow down', {'Retry-After': '1'})
                    path = path[5:]
                if trouble == 'broken': return self.answer(502)
                if trouble == 'moved':
                    return self.answer(302, b'', {'Location': f'http://localhost:{port}{self.path[6:]}'})
                if trouble == 'alias':
                    return self.answer(301, b'', {'Location': f'http://127.0.0.1:{port}{self.path[6:]}'})
                repository = path[1:].split('.git/')[0]
                with open(folder + '/access.json') as file: access = json.load(file)
                if repository in access and self.token not in access[repository]:
                    known = any(self.token in tokens for tokens in access.values())
                    return self.answer(404) if known else self.answer(401, b'', {'WWW-Authenticate': 'Basic realm="forge"'})
                if path.endswith('/info/lfs/objects/batch'): return self.batch(repository, json.loads(body))
                if '.git/lfs/' in path: return self.large(path.rsplit('/', 1)[1])
                self.git(path, query, body, slow)
            def batch(self, repository, wanted):
                objects = []
                for entry in wanted['objects']:
                    if os.path.exists(f"{folder}/lfs/{entry['oid']}"):
                        scheme = 'https' if certificate else 'http'
                        href = f"{scheme}://{self.headers['Host']}/{repository}.git/lfs/{entry['oid']}"
                        entry['actions'] = {'download': {'href': href}}
                        if self.token:
                            entry['actions']['download']['header'] = {'Authorization': self.headers['Authorization']}
                    else: entry['error'] = {'code': 404, 'message': 'there is no such object'}
                    objects.append(entry)
                reply = json.dumps({'transfer': 'basic', 'objects': objects}).encode()
                self.answer(200, reply, {'Content-Type': 'application/vnd.git-lfs+json'})
            def large(self, name):
                with open(f'{folder}/lfs/{name}', 'rb') as file: self.answer(200, file.read())
            def git(self, path, query, body, settings):
                environment = {
                    'PATH': os.environ['PATH'], 'GIT_PROJECT_ROOT': folder + '/repos', 'GIT_HTTP_EXPORT_ALL': '1',
                    'PATH_INFO': path, 'QUERY_STRING': query, 'REQUEST_METHOD': self.command,
                    'CONTENT_TYPE': self.headers.get('Content-Type', ''), 'CONTENT_LENGTH': str(len(body)),
                    'HTTP_CONTENT_ENCODING': self.headers.get('Content-Encoding', ''), 'REMOTE_ADDR': '127.0.0.1',
                    'GIT_PROTOCOL': self.headers.get('Git-Protocol', ''), 'GIT_CONFIG_NOSYSTEM': '1',
                    'GIT_CONFIG_GLOBAL': '/dev/null', 'GIT_CONFIG_COUNT': str(len(settings))}
                for number, (key, value) in enumerate(settings):
                    environment[f'GIT_CONFIG_KEY_{number}'] = key
                    environment[f'GIT_CONFIG_VALUE_{number}'] = value
                backend = subprocess.Popen(
                    ['git', 'http-backend'], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL)
                try:
                    backend.stdin.write(body)
                    backend.stdin.close()
                    headers = {}
                    while line := backend.stdout.readline().decode().strip():
                        name, value = line.split(': ', 1)
                        headers[name] = value
                    status = int(headers.pop('Status', '200').split()[0])
                    # as it comes: what keeps the connection alive is of no use at the end
                    self.answer(status, None, headers)
                    while piece := backend.stdout.read1(65536): self.chunk(piece)
                    self.chunk(b'')
                except OSError: self.close_connection = True
                finally:
                    backend.kill()
                    backend.wait()
            do_GET = do_POST = serve
        server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        server.daemon_threads = True
        port = server.server_address[1]
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        print(port, flush=True)
        server.serve_forever()
        """#
}
