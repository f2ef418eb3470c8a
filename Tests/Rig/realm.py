"""A registry on 127.0.0.1 that sends for its tokens to 127.0.0.2, and what that is sent: the login of each request.
    realm.py PORT
"""
import http.server
import sys
import threading

port = int(sys.argv[1])
DIGEST = "sha256:" + "a" * 64


class Registry(http.server.BaseHTTPRequestHandler):
    def do_HEAD(self):
        isKnown = self.headers["Authorization"] == "Bearer good"
        self.send_response(200 if isKnown else 401)
        if isKnown:
            self.send_header("Docker-Content-Digest", DIGEST)
        else:
            self.send_header("WWW-Authenticate", f'Bearer realm="http://127.0.0.2:{port}/token",service="registry"')
        self.end_headers()

    do_GET = do_HEAD

    def log_message(self, *_):
        pass


class Tokens(Registry):
    def do_GET(self):
        print(self.headers["Authorization"], flush=True)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"token": "good"}')


servers = [
    http.server.ThreadingHTTPServer((host, port), handler)
    for host, handler in (("127.0.0.1", Registry), ("127.0.0.2", Tokens))
]
threading.Thread(target=servers[0].serve_forever, daemon=True).start()
servers[1].serve_forever()
