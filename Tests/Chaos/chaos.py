"""Pushes, has things go wrong meanwhile, and counts what was lost. Started by Tests/chaos, which says what it does.

chaos.py FOLDER PROGRAMS RUNS [--seed N] [--only FAULT,…] [--minutes M]
"""
import argparse
import collections
import json
import os
import random
import signal
import subprocess
import sys
import time

from faults import Faults
from stack import Stack, eventually, get, moment

KINDS = ["kill", "anew", "pause", "freeze", "alarm", "outage", "full-builder", "full-platform", "clock", "rival",
         "standby"]
NEED_ROOT = ["full-builder", "full-platform"]
# How many lines each repository's steps print, and how many runs may be open before the next push.
LINES = {"shop/short": 5, "shop/middle": 30, "shop/long": 100, "shop/wide": 20, "shop/quiet": 250}
OPEN = 20
# How many seconds a builder of a machine that goes on may need to stop its steps.
UNAWARE = 2
# For how long all has to be over after the last fault.
PATIENCE = 600


def script(effects, lines, is_quiet):
    """A step that writes down what it does and when, by a clock that nobody sets, then says the same in its log: at once, or
    all of it at its end, so that it does not notice when nobody listens any more."""
    tell = 'i=1; while [ $i -le {lines} ]; do {work}; i=$((i+1)); done'
    work, line = "say line; sleep 0.1", 'echo "line $i"'
    loops = [work, line] if is_quiet else [f"{line}; {work}"]
    return (
        'say() { read -r up idle < /proc/uptime; echo "$SLIPWAY_RUN_ID $SLIPWAY_STEP $SLIPWAY_ATTEMPT $1 $up"'
        f" >> {effects}; }}; say begin; {'; '.join(tell.format(lines=lines, work=loop) for loop in loops)}; say end")


class Repository:
    def __init__(self, path, stack):
        self.path, self.stack = path, stack
        self.bare, self.tree = f"{stack.folder}/git/{path}.git", f"{stack.folder}/work/{path}"
        self.commit, self.name = None, path.split("/")[1]
        self.escaped = path.replace("/", "%2F")
        self.git("init", "-q", "--bare", "-b", "main", self.bare)
        self.git("init", "-q", "-b", "main", self.tree)
        steps = script(f"{stack.folder}/effects", LINES[path], self.name == "quiet")
        stack.api(f"repositories/{self.escaped}", "PUT", {
            "cloneURL": f"file://{self.bare}", "defaultBranch": "main", "allowsFile": True})
        if self.name == "wide":
            # Two jobs beside each other, and one after both, from the repository's own file.
            self.write(".slipway.yml", "---\n".join(
                f"kind: pipeline\ntype: exec\nname: {name}\nsteps:\n  - name: {name}\n    commands:\n      - '{steps}'\n"
                + after for name, after in (("left", ""), ("right", ""), ("last", "depends_on: [left, right]\n"))))
        else:
            names = ["only"] if self.name == "quiet" else ["first", "second"]
            stack.api(f"components/{self.name}", "PUT", [{"step": name, "commands": [steps]} for name in names])
            stack.api(f"repositories/{self.escaped}/associations", "PUT", [{"component": self.name}])
        self.hook_token = json.loads(stack.api(f"repositories/{self.escaped}/hook"))["token"]

    def git(self, *words):
        return subprocess.run(["git", *words], check=True, capture_output=True, text=True, start_new_session=True).stdout

    def write(self, name, text):
        with open(f"{self.tree}/{name}", "w") as file:
            file.write(text)

    def push(self, number):
        """Commits, pushes, and posts the hook as a forge does: again until it is taken."""
        self.write("count", f"{number}\n")
        self.git("-C", self.tree, "add", "-A")
        self.git("-C", self.tree, "-c", "user.name=Ada", "-c", "user.email=ada@example.org", "commit", "-q", "-m",
                 f"Change {number}")
        self.git("-C", self.tree, "push", "-q", self.bare, "HEAD:main")
        before, self.commit = self.commit, self.git("-C", self.tree, "rev-parse", "HEAD").strip()
        body = json.dumps({
            "object_kind": "push", "event_name": "push", "before": before or "0" * 40, "after": self.commit,
            "ref": "refs/heads/main", "checkout_sha": self.commit, "user_name": "Ada", "user_username": "ada",
            "project_id": 1, "project": {
                "id": 1, "path_with_namespace": self.path, "git_http_url": f"file://{self.bare}",
                "web_url": f"http://git.example/{self.path}", "default_branch": "main"},
            "commits": [{"id": self.commit, "message": f"Change {number}"}], "total_commits_count": 1})

        def is_taken():
            try:
                status, _ = get(self.stack.gateway.listen, "/hooks/gitlab", {
                    "X-Gitlab-Token": self.hook_token, "X-Gitlab-Event": "Push Hook", "Idempotency-Key": self.commit,
                    "Content-Type": "application/json"}, "POST", body)
            except OSError:
                return False
            if status < 500 and status != 202:
                raise SystemExit(f"chaos: the gateway answered a hook with {status}")
            return status == 202
        eventually(300, "a hook is taken", is_taken)
        return self.commit


class Verdict:
    """What became of all that was pushed."""

    def __init__(self, stack, pushed, thaws):
        self.stack, self.pushed, self.thaws = stack, pushed, thaws
        # For how long steps of a machine that had stood still went on beside their next attempt.
        self.unaware = []
        self.found = {"lost": [], "twice": [], "leftovers": [], "lines missing": []}

    def wait(self):
        """Until all is over, or for as long as that may take at most."""
        try:
            eventually(PATIENCE, "all runs end", lambda: self.open_runs() == 0, 1)
            eventually(60, "nothing is left", lambda: not self.leftovers(), 2)
        except TimeoutError:
            pass  # what is not over is found below

    def open_runs(self):
        """How many of the last hundred commits have no run that has ended."""
        newest = json.loads(self.stack.api("runs?limit=100"))["items"]
        ended = {run["commit"]["sha"] for run in newest if run["state"] not in ("pending", "running")}
        return sum(commit not in ended for commit in list(self.pushed)[-90:])

    def look(self):
        runs = collections.defaultdict(list)
        for run in self.stack.items("runs"):
            runs[run["commit"]["sha"]].append(run)
        stamps = self.stamps()
        for commit, path in self.pushed.items():
            if not runs[commit]:
                self.found["lost"].append(f"{path} {commit[:8]}: its hook was taken, and there is no run")
            for run in runs[commit][1:]:
                self.found["twice"].append(f"{path} {commit[:8]}: run #{run['number']} beside #{runs[commit][0]['number']}")
            for run in runs[commit]:
                self.look_at(run, stamps)
        self.found["leftovers"] = self.leftovers()
        return self.found

    def stamps(self):
        """What steps wrote down: for each run, step and attempt the words and their times."""
        stamps = collections.defaultdict(list)
        with open(f"{self.stack.folder}/effects") as file:
            for line in file:
                run, step, attempt, word, up = line.split()
                stamps[run, step, int(attempt)].append((word, float(up)))
        return stamps

    def look_at(self, run, stamps):
        name = f"{run['repository']}#{run['number']}"
        if run["state"] != "success":
            self.found["lost"].append(f"{name} ({run['id']}): {run['state']} {run.get('reason', '')}")
            return
        jobs = collections.defaultdict(list)
        count = LINES[run["repository"]]
        for stage in json.loads(self.stack.api(f"runs/{run['id']}"))["stages"]:
            for step in stage["steps"]:
                attempts = {
                    attempt: words for (of, called, attempt), words in stamps.items()
                    if of == run["id"] and called == step["name"]}
                for attempt, words in attempts.items():
                    jobs[step.get("job", stage["name"])].append((attempt, [up for _, up in words], step["name"]))
                    if [word for word, _ in words].count("begin") > 1:
                        self.found["twice"].append(f"{name} {step['name']} ({run['id']}): attempt {attempt} began twice")
                last = [word for word, _ in attempts.get(step["attempt"], [])]
                if last != ["begin"] + ["line"] * count + ["end"]:
                    self.found["lost"].append(
                        f"{name} {step['name']} ({run['id']}): success, but attempt {step['attempt']} wrote {last[-3:]}")
                log = self.stack.api(f"runs/{run['id']}/steps/{step['id']}/log").splitlines()
                lines = [line for line in log if line.startswith("line ")]
                if lines != [f"line {number}" for number in range(1, count + 1)]:
                    self.found["lines missing"].append(
                        f"{name} {step['name']} ({run['id']}): {len(lines)} of {count}, {len(set(lines))} different")
        for attempts in jobs.values():
            self.look_for_overlaps(name, run, attempts)

    def look_for_overlaps(self, name, run, attempts):
        """No attempt of a job does anything once a later one has begun, but for the moment in which the builder of a machine
        that had stood still learns that its job is another's."""
        for attempt, moments, step in attempts:
            aware = [up for up in moments if not any(thaw <= up <= thaw + UNAWARE for thaw in self.thaws)]
            for later, others, other in attempts:
                if later > attempt and aware and others[0] < aware[-1]:
                    self.found["twice"].append(
                        f"{name} ({run['id']}): attempt {attempt} of {step} for {aware[-1] - others[0]:.2f} s beside "
                        f"attempt {later} of {other}")
                elif later > attempt and others[0] < moments[-1]:
                    self.unaware.append(moments[-1] - max([others[0]] + [t for t in self.thaws if t <= moments[-1]]))

    def leftovers(self):
        found = [f"process {process} of a step" for process in self.stack.processes()]
        for builder in self.stack.builders:
            jobs = f"{builder.folder}/jobs"
            found += [f"{jobs}/{name}" for name in (os.listdir(jobs) if os.path.isdir(jobs) else [])]
        for message in self.stack.items("dead"):
            found.append(f"parked message {json.dumps(message)[:300]}")
        queues = self.stack.queues()
        found += ["the broker does not answer"] if queues is None else [
            f"{count} messages in {name}" for name, count in queues.items() if count]
        for service in self.stack.services():
            for metric in ("slipway_outbox_waiting", "slipway_jobs", "slipway_runs_open", "slipway_dead_letters"):
                if value := service.metric(metric):
                    found.append(f"{metric} of {service.name} is {value:.0f}")
        return found


class Interrupt(Exception):
    pass


def interrupt(number, frame):
    raise Interrupt(number)


def main():
    options = argparse.ArgumentParser(prog="chaos")
    options.add_argument("folder")
    options.add_argument("programs")
    options.add_argument("runs", type=int)
    options.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options.add_argument("--only", type=lambda text: text.split(","))
    options.add_argument("--minutes", type=float, default=0.5)
    given = options.parse_args()
    kinds = given.only or KINDS
    for kind in kinds:
        if kind not in KINDS:
            options.error(f"no fault is called {kind}, only {', '.join(KINDS)}")
    stack = Stack(given.folder, given.programs)
    if not stack.is_root and any(kind in NEED_ROOT for kind in kinds):
        print("full disks are left out: root alone mounts small ones")
        kinds = [kind for kind in kinds if kind not in NEED_ROOT]
    failed = True
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    try:
        failed = run(stack, given, kinds)
    except Interrupt as interrupted:
        failed = False
        print(f"{moment()} ended by {signal.Signals(interrupted.args[0]).name}", flush=True)
        sys.exit(128 + interrupted.args[0])
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        stack.down()
        stack.remove(keep_logs=failed)
        if failed:
            print(f"logs are kept: {stack.folder}")
    sys.exit(1 if failed else 0)


def run(stack, given, kinds):
    begin = time.monotonic()
    stack.up()
    open(f"{stack.folder}/effects", "w").close()
    repositories = [Repository(path, stack) for path in LINES]
    faults, pushed = Faults(stack, given.seed, kinds, given.minutes * 60), {}
    verdict = Verdict(stack, pushed, faults.thaws)
    print(f"{moment()} {given.runs} runs, seed {given.seed}, faults: {', '.join(kinds)}", flush=True)
    faults.start()
    try:
        for number in range(given.runs):
            repository = repositories[number % len(repositories)]
            pushed[repository.push(number)] = repository.path
            eventually(PATIENCE, "runs end", lambda: verdict.open_runs() < OPEN, 0.5)
            if number % 50 == 49:
                print(f"{moment()} {number + 1} pushed, {sum(faults.made.values())} faults", flush=True)
    except TimeoutError as error:
        faults.wrong.append(f"{moment()} no more is pushed: {error}")
    faults.end()
    verdict.wait()
    found = verdict.look()
    found["else"] = faults.wrong
    if verdict.unaware:
        print(f"{len(verdict.unaware)} steps of machines that had stood still went on for up to {max(verdict.unaware):.2f} s")
    return table(given, faults, found, len(pushed), time.monotonic() - begin)


def table(given, faults, found, runs, seconds):
    """Prints it; returns whether anything is not zero."""
    for kind, findings in found.items():
        for finding in findings[:20]:
            print(f"  {kind}: {finding}")
    heads = ["runs", "faults", *found]
    values = [runs, sum(faults.made.values()), *map(len, found.values())]
    print(f"\nseed {given.seed}, {seconds / 60:.0f} min; "
          + ", ".join(f"{count} {kind}" for kind, count in faults.made.items()))
    for cells in (heads, values):
        print("  ".join(f"{cell:>{max(len(head), 6)}}" for cell, head in zip(cells, heads)))
    failed = any(found.values())
    print("not all are zero" if failed else "all are zero: nothing was lost, done twice, left over or missing")
    return failed


if __name__ == "__main__":
    main()
