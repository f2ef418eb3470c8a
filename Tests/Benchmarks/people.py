"""Adds people, their roles, tokens and sessions, and what rights are asked of, to a database that `fill.py` has filled.

people.py FOLDER PEOPLE OUTPUT

Writes for each of the people that a bench signs in as a token into OUTPUT/NAME.token, and prints `NAME REPOSITORY RUN`:
a repository that they see and its newest run, or `-` for who sees none. They are developers of

  one      a single repository, whose few runs are the oldest of all
  group    shop/**
  many     500 repositories, each by a role of its own
  nothing  nothing
"""
import hashlib
import json
import os
import sqlite3
import sys
import time

folder, people, output = sys.argv[1], int(sys.argv[2]), sys.argv[3]
database = sqlite3.connect(f"{folder}/pipeline.sqlite", isolation_level=None)
database.execute("BEGIN IMMEDIATE")
now = int(time.time() * 1000)
year = 365 * 86_400_000


def insert(table, rows):
    rows = list(rows)
    names = ", ".join(rows[0])
    places = ", ".join("?" * len(rows[0]))
    database.executemany(f"INSERT OR REPLACE INTO {table} ({names}) VALUES ({places})", [list(r.values()) for r in rows])


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


paths = [path for path, in database.execute("SELECT path FROM repositories ORDER BY path")]
others = [path for path in paths if path.startswith("team")]
seen = {"one": ["quiet/app"], "group": ["shop/**"], "many": others[-500:], "nothing": []}
names = list(seen) + [f"person{n}" for n in range(people - len(seen))]
groups = [f"group{n}" for n in range(100)]


def accounts():
    yield from ({"name": name, "kind": "person", "createdBy": "bench", "createdAt": now} for name in names)


def grants():
    def grant(holder, scope, role="developer"):
        return {"holder": holder, "scope": scope, "role": role, "grantedBy": "bench", "grantedAt": now}

    for name, scopes in seen.items():
        yield from (grant(name, scope) for scope in scopes)
    for n, name in enumerate(names[len(seen):]):
        yield from (grant(name, paths[(7 * n + 13 * k) % len(paths)]) for k in range(5))
        yield grant(name, f"team{n % 37}/**", "viewer")
    for n, group in enumerate(groups):
        yield from (grant("@" + group, paths[(11 * n + k) % len(paths)], "maintainer") for k in range(5))


def tokens():
    for n, name in enumerate(names):
        text = f"slp_{digest('bench' + name + str(now))}"
        if name in seen:
            with open(os.open(f"{output}/{name}.token", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                file.write(text)
        for k in range(3):
            yield {"hash": digest(text if k == 0 else f"{text}{k}"), "name": f"{name}/token{k}", "account": name,
                   "createdAt": now, "madeBy": name}


def audit():
    for n in range(100_000):
        yield {"at": now - 100_000 + n, "account": names[n % len(names)], "via": "token", "origin": "127.0.0.1",
               "operation": ("run.start", "secret.save", "token.make")[n % 3], "subject": paths[n % len(paths)],
               "repository": paths[n % len(paths)], "became": "{}"}


insert("accounts", accounts())
insert("people", ({"account": name, "displayName": name.title(), "createdAt": now, "signedInAt": now} for name in names))
insert("memberships", ({"account": name, "name": groups[(n + 17 * k) % len(groups)]}
                       for n, name in enumerate(names) if name not in seen for k in range(4)))
insert("grants", grants())
insert("tokens", tokens())
insert("sessions", ({"hash": digest(f"{name}{k}"), "id": digest(f"id{name}{k}")[:24], "account": name, "createdAt": now,
                     "usedAt": now, "expiresAt": now + year} for name in names for k in range(2)))
insert("audit", audit())
insert("secrets", ({"repository": owner, "name": f"secret{k}", "sealed": "sealed", "updatedAt": now}
                   for owner in paths + sorted({path.split("/")[0] + "/" for path in paths}) for k in range(3)))
insert("environments", ({"name": f"environment{n}", "updatedBy": "bench", "updatedAt": now,
                         "rules": json.dumps({"workloads": ["deployment/web"], "repositories":
                                              [f"team{n % 37}/**"] + paths[n * 10:n * 10 + 10]})}
                        for n in range(100)))
insert("pools", ({"name": f"pool{n}", "updatedBy": "bench", "updatedAt": now,
                  "rules": json.dumps({"repositories": [f"team{n}/**", paths[n]]})} for n in range(37)))
insert("workers", ({"queue": f"slipway.build.pool{n % 37}", "name": f"worker{n}", "life": "1", "labels": "[]", "slots": 4,
                    "version": "0", "since": now, "heardAt": now} for n in range(200)))
insert("discoveredRepositories", ({"path": f"team{n % 37}/unknown{n}", "ref": "refs/heads/main", "pushes": 1,
                                   "firstPushAt": now, "lastPushAt": now} for n in range(500)))
component, = database.execute("SELECT name FROM components LIMIT 1").fetchone()
insert("associations", ({"repository": path, "position": 0, "component": component, "events": "[]", "branches": "[]"}
                        for path in paths if path != "shop/web"))
database.execute("COMMIT")
database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
for name, scopes in seen.items():
    path = {"group": "shop/web"}.get(name, scopes[0] if scopes else "-")
    run = database.execute("SELECT id FROM runs WHERE repository = ? ORDER BY serial DESC LIMIT 1", (path,)).fetchone()
    print(name, path, run[0] if run else "-")
