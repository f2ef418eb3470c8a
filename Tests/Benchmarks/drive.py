"""What the benchmarks send and watch, where a process for each request would be what is measured.

drive.py hooks PORT TOKENFILE       posts each line of standard input as a push; prints the moment of the first
drive.py live PORT TOKENFILE RUN    follows a run's page and prints for each line that is a moment its delay in ms
drive.py pages PORT TOKENFILE TIMES  gets each path of standard input; prints `median slowest status path`, ms
"""
import html
import http.client
import json
import re
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


if __name__ == "__main__":
    {"hooks": hooks, "live": live, "pages": pages}[sys.argv[1]](*sys.argv[2:])
