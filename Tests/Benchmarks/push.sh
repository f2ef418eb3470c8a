# shellcheck shell=bash disable=SC2154,SC2034
# Push received → first line of the first step. Sourced by `bench`.
push() { # [TIMES]
    times=${1:-20}
    "$rig/install" curl git jq postgresql rabbitmq-server
    on_both pushes push
}

pushes() {
    local time number commit start line
    rm -f "$work/floor" "$work/ours"
    stack_up
    # the shell prints the moment at which it runs: the first line that a step can say
    repository_with 'date +%s%N'

    # the first is not measured: it makes the mirror
    for ((time = 0; time <= times; time++)); do
        commit "push $time"
        commit=$(git -C "$work/tree" rev-parse HEAD)
        number=$((time + 1))

        start=$(date +%s%N)
        git -C "$work/mirror.git" fetch -q "file://$work/git/web.git" +main:main
        mkdir "$work/checkout"
        git -C "$work/mirror.git" --work-tree="$work/checkout" checkout -q -f "$commit" -- .
        line=$(cd "$work/checkout" && sh -c 'date +%s%N')
        [ $time = 0 ] || echo $(((line - start) / 1000)) >> "$work/floor"
        rm -rf "$work/checkout"

        hook_body "$commit" > "$work/hook.json"
        post_hook "$commit"
        # to ask takes a core too: not while the push is on its way
        sleep 0.5
        until [ "$(slipway runs --repo "$repository" --limit 1 --json |
            jq -r --arg commit "$commit" '.items[0] | select(.commit.sha == $commit) | .state')" = success ]; do
            sleep 0.2
            [ $(($(date +%s%N) - start)) -lt 60000000000 ] || fail "the run of push $number did not succeed in 60 s"
        done
        line=$(slipway logs "$repository#$number" first | grep -xE '[0-9]{19}')
        [ $time = 0 ] || echo $(((line - start) / 1000)) >> "$work/ours"
    done
    local ours floor
    ours=$(median < "$work/ours") floor=$(median < "$work/floor")
    printf 'push received → first line, on %s, %d pushes of a repository of 200 files, medians:\n' "$store" "$times"
    printf 'Slipway %d.%d ms; git fetch + checkout + fork %d.%d ms; above it %d.%d ms (budget 60 ms)\n' \
        $((ours / 1000)) $((ours / 100 % 10)) $((floor / 1000)) $((floor / 100 % 10)) \
        $(((ours - floor) / 1000)) $(((ours - floor) / 100 % 10))
    printf 'slowest %d ms\n' $(($(sort -n "$work/ours" | tail -n 1) / 1000))
    result=$ours
    stack_down
}

# Posts the hook as one write to an open connection and sets `start` to the moment of it: to start curl takes longer
# than the gateway needs.
post_hook() { # COMMIT
    local status connection
    exec {connection}<> "/dev/tcp/127.0.0.1/$port"
    {
        printf 'POST /hooks/gitlab HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Gitlab-Token: %s\r\n' "$(cat "$work/token")"
        printf 'X-Gitlab-Event: Push Hook\r\nIdempotency-Key: %s\r\n' "$1"
        printf 'Content-Type: application/json\r\nConnection: close\r\n'
        printf 'Content-Length: %d\r\n\r\n' "$(stat -c %s "$work/hook.json")"
        cat "$work/hook.json"
    } > "$work/request"
    start=$(date +%s%N)
    cat "$work/request" >&"$connection"
    read -r status <&"$connection"
    exec {connection}>&-
    [[ $status = *" 202 "* ]] || fail "the gateway answered: $status"
}
