# shellcheck shell=bash disable=SC2154
# Every page and list with many runs, beside the same of an empty platform. Sourced by `bench`.
lists() { # [RUNS]
    local total=${1:-1000000} paths
    "$rig/install" curl git jq python3 rabbitmq-server
    stack_up
    repository_with true
    run=$(slipway run "$repository" --json | jq -r .summary.id)
    until [ "$(api "runs/$run" | jq -r .summary.state)" = success ]; do sleep 0.2; done
    slipway component put web "$PWD/Tests/Benchmarks/component.json" > "$work/said" 2>&1 || fail "$(cat "$work/said")"
    paths="/ /?state=failure /?repository=$repository /?repository=$repository&state=failure /runs/$run
        /repositories /repositories/$repository /components /components/web /parked
        /api/v1/runs?limit=20 /api/v1/runs?limit=100 /api/v1/runs?state=failure /api/v1/runs?repository=$repository
        /api/v1/runs?limit=20&before=$((total / 2)) /api/v1/runs/$run /api/v1/repositories /api/v1/components
        /api/v1/secrets /api/v1/registries /api/v1/dead /api/v1/discovered-repositories"
    drive pages $((port + 2)) "$work/api-token" 20 <<< "$paths" > "$work/empty"
    kill -TERM "$(pgrep -f "^$binaries/pipeline( |$)" -n)"
    python3 Tests/Benchmarks/fill.py "$work/stack/data/pipeline" "$total" 1000
    slipway up --state "$work/stack" --port "$port" --binaries "$binaries" > "$work/up" 2>&1 || fail "$(cat "$work/up")"
    drive pages $((port + 2)) "$work/api-token" 20 <<< "$paths" > "$work/full"
    printf '%d runs of 1000 repositories; of 20 times each, in ms (budget 50):\n' "$total"
    printf '%8s %8s %8s  %s\n' empty median slowest path
    paste -d ' ' "$work/empty" "$work/full" | awk '{ printf "%8s %8s %8s  %s%s\n", $1, $5, $6, $8, $7 == 200 ? "" : " " $7 }'
    awk '{ if ($1 > worst) { worst = $1; path = $4 } } END { printf "slowest median %s ms: %s\n", worst, path }' "$work/full"
}
