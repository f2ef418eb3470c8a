# shellcheck shell=bash disable=SC2154
# A step's lines: how fast they reach the platform's disk, and how soon an open page. Sourced by `bench`.
logs() { # [MB]
    local size=${1:-200} start state run step bytes floor ours lines
    lines="yes 'compiled module number 4711 of 9000 in 0.23 s, 17 warnings, nothing else' | head -c ${size}000000"
    "$rig/install" curl git jq python3 rabbitmq-server
    stack_up
    repository_with "$lines"
    for _ in 1 2 3; do
        # the shell makes the lines for both
        start=$(date +%s%N)
        sh -c "$lines" | cat > "$work/floor"
        rm "$work/floor"
        floor=$(($(date +%s%N) - start))
        run=$(slipway run "$repository" --json | jq -r .summary.id)
        until state=$(api "runs/$run" | jq -r .summary.state) && [[ $state != pending && $state != running ]]; do
            sleep 0.2
        done
        [ "$state" = success ] || fail "the run ended with $state"
        step=$(api "runs/$run" | jq -c '.stages[0].steps[0]')
        bytes=$(jq .logBytes <<< "$step")
        ours=$(($(date -d "$(jq -r .finishedAt <<< "$step")" +%s%N) - $(date -d "$(jq -r .startedAt <<< "$step")" +%s%N)))
        stored "$run" "$(jq .id <<< "$step")" "$bytes"
        awk -v bytes="$bytes" -v ours="$ours" -v floor="$floor" 'BEGIN {
            printf "%.0f MB from the step to the disk: %.0f MB/s (budget 50); cat through a pipe %.0f MB/s; ratio %.0f %%\n",
                bytes / 1e6, bytes * 1e3 / ours, bytes * 1e3 / floor, 100 * floor / ours }'
    done

    stack_down
    stack_up
    # shellcheck disable=SC2016
    repository_with 'for i in $(seq 50); do date +%s%N; sleep 0.1; done'
    run=$(slipway run "$repository" --json | jq -r .summary.id)
    drive live $((port + 2)) "$work/stack/data/pipeline/token" "$run" > "$work/delays"
    printf 'a line to an open page: median %s ms, slowest of %s lines %s ms (budget 200 ms)\n' \
        "$(median < "$work/delays")" "$(wc -l < "$work/delays")" "$(sort -n "$work/delays" | tail -n 1)"
}

# All of the log is there, byte for byte.
stored() { # RUN STEP BYTES
    local turn there
    for ((turn = 0; turn < 100; turn++)); do
        there=$(api "runs/$1/steps/$2/log" | wc -c)
        [ "$there" -lt "$3" ] || return 0
        sleep 0.1
    done
    fail "of $3 bytes $there are stored"
}
