# shellcheck shell=bash disable=SC2154
# A step's lines: how fast they reach the platform's disk, and how soon an open page. Sourced by `bench`.
logs() { # [MB]
    local size=${1:-200} start run floor plain=() masked=()
    lines="yes 'compiled module number 4711 of 9000 in 0.23 s, 17 warnings, nothing else' | head -c ${size}000000"
    "$rig/install" curl git jq python3 rabbitmq-server
    stack_up
    repository_with "$lines"
    branch_with_secrets masked 50
    for _ in 1 2 3; do
        # the shell makes the lines for both
        start=$(date +%s%N)
        sh -c "$lines" | cat > "$work/floor"
        rm "$work/floor"
        floor=$(($(date +%s%N) - start))
        run_lines main
        plain+=("$ours")
        awk -v bytes="$bytes" -v ours="$ours" -v floor="$floor" 'BEGIN {
            printf "%.0f MB from the step to the disk: %.0f MB/s (budget 50); cat through a pipe %.0f MB/s; ratio %.0f %%\n",
                bytes / 1e6, bytes * 1e3 / ours, bytes * 1e3 / floor, 100 * floor / ours }'
        run_lines masked
        masked+=("$ours")
    done
    awk -v plain="$(printf '%s\n' "${plain[@]}" | median)" -v masked="$(printf '%s\n' "${masked[@]}" | median)" 'BEGIN {
        printf "with 50 secrets of 40 lines: %.2f × the time, medians of three (budget 1.10 ×)\n", masked / plain }'

    stack_down
    stack_up
    # shellcheck disable=SC2016
    repository_with 'for i in $(seq 50); do date +%s%N; sleep 0.1; done'
    run=$(slipway run "$repository" --json | jq -r .summary.id)
    drive live $((port + 2)) "$work/api-token" "$run" > "$work/delays"
    printf 'a line to an open page: median %s ms, slowest of %s lines %s ms (budget 200 ms)\n' \
        "$(median < "$work/delays")" "$(wc -l < "$work/delays")" "$(sort -n "$work/delays" | tail -n 1)"
}

# A branch whose step has secrets, each as long as a private key.
branch_with_secrets() { # BRANCH COUNT
    local number
    git -C "$work/tree" checkout -q -b "$1"
    for ((number = 1; number <= $2; number++)); do
        head -c 1900 /dev/urandom | base64 -w 64 | slipway secret set "secret_$number" > /dev/null
        [ "$number" != 1 ] || echo '    environment:'
        echo "      SECRET_$number: {from_secret: secret_$number}"
    done >> "$work/tree/.slipway.yml"
    git -C "$work/tree" -c user.name=Ada -c user.email=ada@example.org commit -q -a -m "Have secrets"
    git -C "$work/tree" push -q "$work/git/web.git" "HEAD:$1"
}

# Runs the step; sets how many bytes are stored then, and after how many nanoseconds.
run_lines() { # BRANCH
    local run state step
    run=$(slipway run "$repository" --ref "refs/heads/$1" --json | jq -r .summary.id)
    until state=$(api "runs/$run" | jq -r .summary.state) && [[ $state != pending && $state != running ]]; do
        sleep 0.2
    done
    [ "$state" = success ] || fail "the run of $1 ended with $state"
    step=$(api "runs/$run" | jq -c '.stages[0].steps[0]')
    bytes=$(jq .logBytes <<< "$step")
    ours=$(($(date -d "$(jq -r .finishedAt <<< "$step")" +%s%N) - $(date -d "$(jq -r .startedAt <<< "$step")" +%s%N)))
    stored "$run" "$(jq .id <<< "$step")" "$bytes"
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
