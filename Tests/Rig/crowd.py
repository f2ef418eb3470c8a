"""One address at a front door: opens more connections to a port than it may have, and asks meanwhile from another address,
and at the other port. Then it sends half a head, as the first of a connection and behind a whole request.
    crowd.py PORT OTHER_PORT COMMAND...    COMMAND asks PORT from another address and prints the status
"""
import resource
import select
import socket
import subprocess
import sys
import time

port, other, command = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
ALLOWED, MORE = 1000, 50
resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
GET = b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n"


def connect(port):
    return socket.create_connection(("127.0.0.1", port), timeout=30)


def rest(connection):
    """What comes until the end, and how long that takes."""
    began, read = time.monotonic(), b""
    while True:
        try:
            piece = connection.recv(65536)
        except ConnectionResetError:
            piece = b""
        if not piece:
            return read, time.monotonic() - began
        read += piece


def outcomes(connections):
    """How many are answered, which stay open then, and how many were ended without a word."""
    poll, waiting, answered, ended = select.poll(), {}, 0, 0
    for connection in connections:
        waiting[connection.fileno()] = connection
        poll.register(connection, select.POLLIN)
    while waiting:
        found = poll.poll(60_000)
        assert found, f"{len(waiting)} of {len(connections)} connections are neither answered nor refused"
        for descriptor, _ in found:
            poll.unregister(descriptor)
            try:
                isAnswered = waiting.pop(descriptor).recv(65536) != b""
            except ConnectionResetError:
                isAnswered = False
            answered, ended = answered + isAnswered, ended + (not isAnswered)
    return answered, ended


many = []
for _ in range(ALLOWED + MORE):
    many.append(connect(port))
    try:
        many[-1].sendall(GET)
    except OSError:
        pass
answered, ended = outcomes(many)
assert answered <= ALLOWED and ended >= MORE, f"{answered} connections are answered, {ended} were refused"
assert answered > ALLOWED / 2, f"{answered} connections are answered"
answer = subprocess.run(command, capture_output=True, text=True, timeout=60)
assert answer.stdout[:1] in "1234" and answer.stdout != "", f"another address is answered {answer.stdout}, {answer.stderr}"
page = connect(other)
page.sendall(GET)
assert page.recv(65536).startswith(b"HTTP/1.1 "), "the other port"
for connection in many:
    connection.close()

# The places are free again once the front door has seen that.
began = time.monotonic()
while True:
    whole = connect(port)
    try:
        whole.sendall(GET)
        if whole.recv(65536).startswith(b"HTTP/1.1 "):
            break
    except OSError:
        pass
    assert time.monotonic() - began < 60, "the places are not free again"
    time.sleep(0.2)
for both in (port, other):
    new, used, behind = connect(both), connect(both), connect(both)
    used.sendall(GET)
    assert used.recv(65536).startswith(b"HTTP/1.1 ")
    for connection, text in ((new, b"GET /re"), (used, b"GET /re"), (behind, GET + b"GET /re")):
        connection.sendall(text)
    for name, connection in (("as the first of a connection", new), ("as the next", used), ("behind a whole one", behind)):
        _, seconds = rest(connection)
        assert seconds < 25, f"half a head {name} was waited for {seconds:.0f} s"
