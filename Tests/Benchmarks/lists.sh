# shellcheck shell=bash disable=SC2154
# Every page and list with many runs, beside the same of an empty platform; then as several people see them, who see
# much, little and nothing, beside an administrator, on SQLite and on PostgreSQL; and what open lists cost. Sourced by
# `bench`.
lists() { # [RUNS]
    local total=${1:-1000000} run url
    "$rig/install" curl git jq python3 rabbitmq-server postgresql
    stack_up
    repository_with true
    run=$(slipway run "$repository" --json | jq -r .summary.id)
    until [ "$(api "runs/$run" | jq -r .summary.state)" = success ]; do sleep 0.2; done
    slipway component put web "$PWD/Tests/Benchmarks/component.json" > "$work/said" 2>&1 || fail "$(cat "$work/said")"
    mkdir "$work/people"
    ln -s "$work/api-token" "$work/people/administrator.token"
    visit administrator "$repository" "$run" empty
    platform_stop
    python3 Tests/Benchmarks/fill.py "$work/stack/data/pipeline" "$total" 1000
    python3 Tests/Benchmarks/people.py "$work/stack/data/pipeline" 500 "$work/people" > "$work/viewers"
    platform_start
    visit_all sqlite
    printf '%d runs of 1000 repositories, 500 people; of 20 times each, in ms (budget 50):\n' "$total"
    printf '%8s %8s %8s  %s\n' empty median slowest path
    paste -d ' ' "$work/administrator.empty" "$work/administrator.sqlite" |
        awk '{ printf "%8s %8s %8s  %s%s\n", $1, $5, $6, $8, $7 == 200 ? "" : " " $7 }'
    awk '{ if ($1 > worst) { worst = $1; path = $4 } } END { printf "slowest median %s ms: %s\n", worst, path }' \
        "$work/administrator.sqlite"
    beside_administrator sqlite
    open_lists
    platform_stop
    url=$(new_database)
    "$binaries/pipeline" database copy --data "$work/stack/data/pipeline" --to "$url" > "$work/said" 2>&1 ||
        fail "$(cat "$work/said")"
    psql -qX "$url" -c ANALYZE
    platform_start --set "pipeline:SLIPWAY_DATABASE_URL=$url"
    visit_all postgresql
    beside_administrator postgresql
}

platform_stop() { kill -TERM "$(pgrep -f "^$binaries/pipeline( |$)" -n)"; }

platform_start() { # [--set SERVICE:NAME=VALUE]
    # All of them are to stay.
    slipway up --state "$work/stack" --port "$port" --binaries "$binaries" \
        --set pipeline:SLIPWAY_KEEP_RUNS=0 --set pipeline:SLIPWAY_KEEP_DAYS=0 "$@" > "$work/up" 2>&1 || fail "$(cat "$work/up")"
}

# Each path as one of the people, in the same order whoever it is: REPOSITORY and RUN are of what they see. The first one
# needs nobody to be signed in, the second no more than that.
visit() { # NAME REPOSITORY RUN WHAT
    local encoded=${2//\//%2F}
    sed -e "s|ENCODED|$encoded|" -e "s|REPOSITORY|$2|" -e "s|RUN|$3|" << 'PATHS' | drive pages $((port + 2)) "$work/people/$1.token" 20 |
/api/v1/openapi.json
/api/v1/me
/
/?state=failure
/?state=pending
/?repository=REPOSITORY
/?repository=REPOSITORY&state=failure
/?repository=service
/runs/RUN
/repositories
/repositories?q=service1
/repositories/REPOSITORY
/components
/components/web
/environments
/workers
/parked
/people
/roles
/tokens
/audit
/account
/api/v1/runs?limit=20
/api/v1/runs?limit=100
/api/v1/runs?limit=20&before=RUN
/api/v1/runs?state=failure
/api/v1/runs?repository=REPOSITORY
/api/v1/runs/RUN
/api/v1/repositories
/api/v1/repositories/ENCODED
/api/v1/components
/api/v1/environments
/api/v1/pools
/api/v1/workers
/api/v1/secrets
/api/v1/registries
/api/v1/dead
/api/v1/discovered-repositories
/api/v1/tokens
/api/v1/sessions
/api/v1/people
/api/v1/roles
/api/v1/audit
/api/v1/audit?account=person7
PATHS
        sed -e "s|$2|REPOSITORY|" -e "s|$encoded|REPOSITORY|" -e "s|$3|RUN|" > "$work/$1.$4"
}

visit_all() { # WHAT
    local name path run
    visit administrator "$repository" "$(awk '$1 == "group" { print $3 }' "$work/viewers")" "$1"
    while read -r name path run; do visit "$name" "$path" "$run" "$1"; done < "$work/viewers"
}

# How long the same takes for whoever sees less, by how long it takes for whoever sees all.
beside_administrator() { # WHAT
    local name files=("$work/administrator.$1")
    printf '%s, as many times what the administrator of all takes:\n' "$1"
    printf '%6s %6s %6s %6s %8s  %s\n' one group many nothing 'in ms' path
    for name in one group many nothing; do files+=("$work/$name.$1"); done
    paste -d ' ' "${files[@]}" | awk '
        function beside(median, status) { return status == 200 ? sprintf("%.2f", median / $1) : status }
        { printf "%6s %6s %6s %6s %8s  %s\n", beside($5, $7), beside($9, $11), beside($13, $15), beside($17, $19), $1, $4 }'
    for name in one group many nothing; do
        paste -d ' ' "$work/administrator.$1" "$work/$name.$1" | awk -v name="$name" -v store="$1" '
            $3 == 200 && $7 == 200 {
                all += $1; own += $5
                if ($5 / $1 > worst) { worst = $5 / $1; more = $5 - $1; path = $4 }
            }
            END {
                printf "%s, %s: %.2f × in all; at most %.2f × (%+.1f ms): %s\n", store, name, own / all, worst, more, path
            }'
    done
}

# What a run costs the platform while many have the list open, by what it costs while nobody has.
open_lists() {
    local name process none
    process=$(pgrep -f "^$binaries/pipeline( |$)" -n)
    none=$(drive streams $((port + 2)) "$work/api-token" "$work/api-token" 0 10 "$process" "$repository")
    printf 'a run while 200 have the list of runs open, as many times the %s ms of CPU while nobody has:\n' "$none"
    for name in administrator group many one; do
        drive streams $((port + 2)) "$work/people/$name.token" "$work/api-token" 200 10 "$process" "$repository" |
            awk -v name="$name" -v none="$none" '{ printf "%6.2f  %s\n", $1 / none, name }'
    done
}
