# shellcheck shell=bash disable=SC2154
# A worker's claim with many queued jobs, beside one that finds nothing. Sourced by `bench`.

# How many claims the platform has given a job, and how many of them within 5 ms, from when it took the message until what
# it had decided was durable; then as many, from when it took the message until the broker's word that it has the answer.
answered() {
    curl -sf "http://127.0.0.1:$((port + 1022))/metrics" |
        awk '/^slipway_claim_seconds.*granted="true"/ || /^slipway_message_seconds.*type="JobClaim"/ {
            kind = $1 ~ /^slipway_claim/ ? "decided" : "answered"
            if ($1 ~ /_count/) all[kind] += $NF; else if ($1 ~ /le="0.005"/) quick[kind] += $NF
        } END { print all["decided"] + 0, quick["decided"] + 0, all["answered"] + 0, quick["answered"] + 0 }'
}

claim() { # [JOBS]
    local total=${1:-10000} run login before after
    "$rig/install" curl git jq python3 python3-pika rabbitmq-server
    stack_up pipeline:SLIPWAY_LEASE_SECONDS=3600
    repository_with true
    printf '%s' '{"node": {"hardware": "bench"}, "steps": [{"step": "wait", "commands": ["true"]}]}' > "$work/queued.json"
    slipway component put queued "$work/queued.json" > "$work/said" 2>&1 || fail "$(cat "$work/said")"
    run=$(slipway run "$repository" --component queued --json | jq -r .summary.id)
    until api "runs/$run" | jq -e '.summary.reason // "" | startswith("no builder serves bench")' > /dev/null; do sleep 0.2; done
    kill -TERM "$(pgrep -f "^$binaries/pipeline( |$)" -n)"
    python3 Tests/Benchmarks/fill.py "$work/stack/data/pipeline" "$total" 1000 queued
    slipway up --state "$work/stack" --port "$port" --binaries "$binaries" \
        --set pipeline:SLIPWAY_LEASE_SECONDS=3600 > "$work/up" 2>&1 || fail "$(cat "$work/up")"
    login=$work/stack/keys/broker/broker-url-builder-default keys=$work/stack/keys/seal-keys-builder-default
    /usr/bin/python3 Tests/Benchmarks/claims.py "$login" "$keys" 1000 nobody > "$work/nothing"
    before=$(answered)
    /usr/bin/python3 Tests/Benchmarks/claims.py "$login" "$keys" 2000 bench > "$work/claims"
    after=$(answered)
    printf '%d queued jobs of 1000 repositories; claims one after another, in ms:\n' "$total"
    awk '{ printf "finds nothing     median %s  p99 %s  slowest %s\n", $1, $2, $3 }' "$work/nothing"
    awk '{ printf "is given a job    median %s  p99 %s  slowest %s  (%d of 2000)\n", $1, $2, $3, $4 }' "$work/claims"
    awk '{
        printf "decided in less than 5 ms   %.2f %% of them (budget: 99)\n", 100 * ($6 - $2) / ($5 - $1)
        printf "answered in less than 5 ms  %.2f %%, with the broker'"'"'s confirm\n", 100 * ($8 - $4) / ($7 - $3)
    }' <<< "$before $after"
}
