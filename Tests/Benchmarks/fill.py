"""Fills a stopped platform's database by copies of its newest run: fill.py FOLDER RUNS REPOSITORIES [queued]

Every tenth failed; with `queued` all wait for a builder, as the newest does. Each copy has its details, stages and
steps, so that the tables and their indexes have the size of a platform that has run for years. Thirty of the
repositories are the group's `shop`; the twenty oldest runs are all that `quiet/app` has.
"""
import sqlite3
import sys
import time

folder, runs, repositories = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
queued = sys.argv[4:] == ["queued"]
deadline = time.monotonic() + 30
while True:
    database = sqlite3.connect(f"{folder}/pipeline.sqlite", isolation_level=None)
    try:
        # the service may need a moment to end
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("BEGIN EXCLUSIVE")
        break
    except sqlite3.OperationalError:
        if time.monotonic() > deadline:
            raise
        time.sleep(0.2)


def columns(table, **instead):
    names = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
    return ", ".join(names), ", ".join(instead.get(name, name) for name in names)


serial, run = database.execute("SELECT serial, id FROM runs ORDER BY serial DESC LIMIT 1").fetchone()
database.execute("CREATE TEMP TABLE numbers (n INTEGER PRIMARY KEY)")
database.execute("WITH RECURSIVE count (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM count WHERE n < ?) "
                 "INSERT INTO numbers SELECT n FROM count", (runs,))


def service(n):
    return (f"CASE WHEN {n} = {repositories} THEN 'quiet/app' WHEN {n} <= 30 THEN 'shop/service' || {n} "
            f"ELSE 'team' || ({n} % 37) || '/service' || {n} END")


# repository 0 is the one that exists
number = f"(n % {repositories})"
path = f"CASE WHEN n <= 20 THEN 'quiet/app' WHEN {number} = 0 THEN repository ELSE {service(number)} END"
identity = "'fill' || printf('%022d', n)"

names, values = columns("repositories", path=service("n"))
database.execute(f"INSERT INTO repositories ({names}) SELECT {values} FROM repositories, numbers WHERE n <= ?",
                 (repositories,))
names, values = columns(
    "runs", serial=f"{serial} + n", id=identity, trigger=f"'trigger' || n", repository=path, number=f"1000 + n",
    state="state" if queued else "CASE WHEN n % 10 = 0 AND n > 20 THEN 'failure' ELSE 'success' END",
    createdAt="createdAt + n", startedAt="startedAt + n", finishedAt="finishedAt + n")
database.execute(f"INSERT INTO runs ({names}) SELECT {values} FROM runs, numbers WHERE serial = ?", (serial,))
database.execute("INSERT OR REPLACE INTO runNumbers SELECT repository, MAX(number) FROM runs GROUP BY repository")
for table in ("runDetails", "stages", "steps"):
    names, values = columns(table, run=identity)
    database.execute(f"INSERT INTO {table} ({names}) SELECT {values} FROM {table}, numbers WHERE run = ?", (run,))
if queued:
    names, values = columns("jobs", id="'job' || printf('%022d', n)", run=identity, repository=path,
                            createdAt="createdAt + n")
    database.execute(f"INSERT INTO jobs ({names}) SELECT {values} FROM jobs, numbers WHERE run = ?", (run,))
    database.execute("INSERT OR IGNORE INTO turns (queue, repository, labels, served, since, isOpen) "
                     "SELECT queue, repository, labels, 0, MIN(createdAt), 1 FROM jobs WHERE state = 'queued' "
                     "GROUP BY queue, repository, labels")
database.execute("COMMIT")
