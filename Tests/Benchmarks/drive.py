"""What the benchmarks send and watch, where a process for each request would be what is measured.

drive.py hooks PORT TOKENFILE       posts each line of standard input as a push; prints the moment of the first
drive.py live PORT TOKENFILE RUN    follows a run's page and prints for each line that is a moment its delay in ms
drive.py pages PORT TOKENFILE TIMES  gets each path of standard input; prints `median slowest status path`, ms
drive.py streams PORT TOKENFILE ADMINISTRATORFILE COUNT RUNS PROCESS REPOSITORY
                                     keeps as many lists open while runs are started; prints the process's ms for a run
"""
import html
import http.client
import json
import os
import re
import selectors
import socket
import statistics
import sys
import time
import urllib.parse


def hooks(port, token_file):
    token = open(token_file).read().strip()
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=30)
    first = None
    for number, body in enumerate(sys.stdin):
        commit = json.loads(body)["after"]
        first = first or time.time_ns()
        connection.request("POST", "/hooks/gitlab", body.encode(), {
            "X-Gitlab-Token": token, "X-Gitlab-Event": "Push Hook", "Idempotency-Key": commit,
            "Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read().decode()
        if answer.status != 202:
            sys.exit(f"the gateway answered {answer.status}: {text}")
    print(first)


def session(port, token_file):
    """Signs a browser in and returns its cookies."""
    token = open(token_file).read().strip()
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=30)
    origin = f"http://127.0.0.1:{port}"
    connection.request("POST", "/sign-in", urllib.parse.urlencode({"token": token}), {
        "Content-Type": "application/x-www-form-urlencoded", "Origin": origin})
    answer = connection.getresponse()
    answer.read()
    cookies = [value.split(";")[0] for name, value in answer.getheaders() if name.lower() == "set-cookie"]
    if answer.status not in (302, 303) or not cookies:
        sys.exit(f"sign-in was answered with {answer.status}")
    return "; ".join(cookies)


def live(port, token_file, run):
    cookies = session(port, token_file)
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=60)
    connection.request("GET", f"/live/runs/{run}", headers={"Cookie": cookies, "Accept": "text/event-stream"})
    answer = connection.getresponse()
    if answer.status != 200:
        sys.exit(f"the page's stream was answered with {answer.status}")
    seen = set()
    while line := answer.readline():
        now = time.time_ns()
        for moment in re.findall(r"(?<![0-9])[0-9]{19}(?![0-9])", html.unescape(line.decode())):
            if moment not in seen:
                seen.add(moment)
                print(f"{(now - int(moment)) / 1e6:.1f}")


def pages(port, token_file, times):
    cookies = session(port, token_file)
    token = open(token_file).read().strip()
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=60)
    for path in sys.stdin.read().split():
        taken, status = [], 0
        for _ in range(int(times) + 1):
            headers = {"Authorization": f"Bearer {token}"} if path.startswith("/api/") else {"Cookie": cookies}
            start = time.perf_counter()
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            answer.read()
            taken.append((time.perf_counter() - start) * 1000)
            status = answer.status
        taken = taken[1:]
        print(f"{statistics.median(taken):.1f} {max(taken):.1f} {status} {path}")


def streams(port, token_file, administrator_file, count, times, process, repository):
    """Lists of runs that are open in as many browsers while runs go on: the platform's time on the CPU for each run."""
    cookies = session(port, token_file)
    opened = []
    for _ in range(int(count)):
        stream = socket.create_connection(("127.0.0.1", int(port)), timeout=30)
        stream.sendall(f"GET /live/runs HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookies}\r\n\r\n".encode())
        while b": slipway" not in stream.recv(65536):
            pass
        opened.append(stream)
    reader = selectors.DefaultSelector()
    for stream in opened:
        stream.setblocking(False)
        reader.register(stream, selectors.EVENT_READ)

    def read(seconds):
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            for key, _ in reader.select(left) if opened else [time.sleep(left)] and []:
                key.fileobj.recv(1 << 20)

    def used():
        fields = open(f"/proc/{process}/stat").read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")

    token = open(administrator_file).read().strip()
    api = http.client.HTTPConnection("127.0.0.1", int(port), timeout=60)
    read(2)
    before = used()
    for _ in range(int(times)):
        api.request("POST", "/api/v1/runs", json.dumps({"repository": repository}), {
            "Authorization": f"Bearer {token}", "Content-Type": "application/json"})
        answer = api.getresponse()
        if answer.status != 201:
            sys.exit(f"a run by hand was answered with {answer.status}")
        answer.read()
        read(1)
    read(2)
    print(f"{(used() - before) / int(times):.1f}")


if __name__ == "__main__":
    {"hooks": hooks, "live": live, "pages": pages, "streams": streams}[sys.argv[1]](*sys.argv[2:])
