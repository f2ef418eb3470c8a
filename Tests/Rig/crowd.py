"""One address at a front door: opens more connections to a port than it may have, and asks meanwhile from another address,
and at the other port. Then it sends half a head, as the first of a connection and behind a whole request.
    crowd.py PORT OTHER_PORT COMMAND...    COMMAND asks PORT from another address and prints the status
"""
import select
import socket
import subprocess
import sys
import time

port, other, command = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
ALLOWED, MORE = 1000, 50
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


def refused(connections):
    """Those that were ended without a word; one that was only slow is answered."""
    poll = select.poll()
    for connection in connections:
        poll.register(connection, select.POLLIN)
    found = set()
    for descriptor, _ in poll.poll(0):
        try:
            if not held[descriptor].recv(1, socket.MSG_PEEK):
                found.add(descriptor)
        except ConnectionResetError:
            found.add(descriptor)
    return len(found)


many = [connect(port) for _ in range(ALLOWED + MORE)]
held = {connection.fileno(): connection for connection in many}
began = time.monotonic()
while refused(many) < MORE:
    assert time.monotonic() - began < 9, f"{refused(many)} of {len(many)} connections were refused"
    time.sleep(0.1)
assert refused(many) < 2 * MORE, refused(many)
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
