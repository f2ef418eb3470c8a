# shellcheck shell=bash disable=SC2154,SC2034
# Runs end to end: what the platform itself costs, and whether slots scale. Sourced by `bench`.
runs() { # [RUNS]
    runs=${1:-120}
    "$rig/install" curl git jq postgresql python3 rabbitmq-server
    on_both trivial_and_waiting runs
}

trivial_and_waiting() {
    local total=$runs number slots
    rm -rf "$work"/floor*.git
    stack_up builder:SLIPWAY_CAPACITY=4
    repository_with true
    for ((number = 1; number <= total; number++)); do commit "run $number"; done
    git -C "$work/tree" rev-list --reverse HEAD | tail -n +2 > "$work/commits"

    # one push first, unmeasured: it makes the mirror and the builder's cache
    hook_body "$(git -C "$work/tree" rev-list --reverse HEAD | sed -n 1p)" | drive hooks "$port" "$work/token" > /dev/null
    finished 1
    for ((slots = 0; slots < 4; slots++)); do git clone -q --bare "$work/mirror.git" "$work/floor$slots.git"; done
    local start floor ours
    start=$(date +%s%N)
    for ((slots = 0; slots < 4; slots++)); do loop "$slots" & done
    wait
    floor=$(per_second "$total" $(($(date +%s%N) - start)))
    while read -r commit; do hook_body "$commit"; done < "$work/commits" > "$work/bodies"
    start=$(drive hooks "$port" "$work/token" < "$work/bodies")
    finished $((total + 1))
    ours=$(per_second "$total" $(($(last_end $((total + 1))) - start)))
    result=$(awk -v ours="$ours" 'BEGIN { print 1 / ours }')
    printf 'on %s: %d runs of one trivial step, pushed at once, 4 slots: %s runs/s (budget 18); ' "$store" "$total" "$ours"
    printf '4 loops of git fetch + checkout + fork: %s/s; ratio %s %%\n' "$floor" \
        "$(awk -v ours="$ours" -v floor="$floor" 'BEGIN { printf "%.0f", 100 * ours / floor }')"
    stack_down

    for slots in 4 8 16; do
        stack_up builder:SLIPWAY_CAPACITY="$slots"
        repository_with 'sleep 1'
        hook_body "$(git -C "$work/tree" rev-parse HEAD)" | drive hooks "$port" "$work/token" > /dev/null
        finished 1
        total=$((slots * 10))
        for ((number = 1; number <= total; number++)); do commit "run $number"; done
        git -C "$work/tree" rev-list --reverse HEAD | tail -n +2 |
            while read -r commit; do hook_body "$commit"; done > "$work/bodies"
        start=$(drive hooks "$port" "$work/token" < "$work/bodies")
        finished $((total + 1))
        ours=$(per_second "$total" $(($(last_end $((total + 1))) - start)))
        printf '%d runs of “sleep 1” on %d slots: %s runs/s, %s %% of the slots (budget 90 %%)\n' "$total" "$slots" \
            "$ours" "$(awk -v ours="$ours" -v slots="$slots" 'BEGIN { printf "%.0f", 100 * ours / slots }')"
        stack_down
    done
}

# What a slot would do without a platform, over every fourth commit.
loop() { # SLOT
    local commit checkout=$work/checkout$1
    awk -v slot="$1" 'NR % 4 == slot' "$work/commits" | while read -r commit; do
        git -C "$work/floor$1.git" fetch -q "file://$work/git/web.git" "$commit"
        mkdir "$checkout"
        git -C "$work/floor$1.git" --work-tree="$checkout" checkout -q -f "$commit" -- .
        (cd "$checkout" && sh -c true)
        rm -rf "$checkout"
    done
}

# Returns when so many runs have succeeded; asks rarely, since to ask takes a core too.
finished() { # RUNS
    local turn states
    for ((turn = 0; turn < 240; turn++)); do
        sleep 0.5
        states=$(api "runs?limit=1&state=failure" | jq -r '.items[0] // empty | "#\(.number): \(.reason)"')
        [ -z "$states" ] || fail "a run failed: $states"
        [ "$(ended | jq "length")" -lt "$1" ] || return 0
    done
    fail "of $1 runs $(ended | jq length) succeeded in two minutes"
}

# The runs that succeeded, the newest first.
ended() {
    local page before=''
    while :; do
        page=$(api "runs?limit=100&state=success${before:+&before=$before}")
        before=$(jq -r '.next // empty' <<< "$page")
        jq -c '.items[]' <<< "$page"
        [ -n "$before" ] || break
    done | jq -s .
}

# The end of the last of them, in nanoseconds since 1970.
last_end() {
    date -d "$(ended | jq -r 'map(.finishedAt) | max')" +%s%N
}

per_second() { # COUNT NANOSECONDS
    awk -v count="$1" -v time="$2" 'BEGIN { printf "%.1f", count * 1e9 / time }'
}
