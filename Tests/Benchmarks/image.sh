# shellcheck shell=bash disable=SC2154
# The run of one step with an image that the registry is asked for, beside the same image by a name that is the engine's own,
# which nobody is asked for. Sourced by `bench`.
image() { # [TIMES]
    local times=${1:-15} time kind name
    "$rig/install" curl docker.io docker-registry git jq rabbitmq-server
    if [ -z "${SLIPWAY_TEST_DOCKER_SOCKET:-}" ]; then
        "$rig/up" "$work/cluster" docker registry > "$work/said" 2>&1 || fail "$(cat "$work/said")"
        # shellcheck source=/dev/null
        . "$work/cluster/env"
    fi
    stack_up builder:SLIPWAY_RUNNERS=docker "builder:SLIPWAY_DOCKER_SOCKET=$SLIPWAY_TEST_DOCKER_SOCKET" \
        "builder:SLIPWAY_DOCKER_LOCAL_IMAGES=slipway-bench-$$/*"
    repository_with true
    slipway registry set "$SLIPWAY_TEST_REGISTRY" --user "$SLIPWAY_TEST_REGISTRY_USERNAME" \
        <<< "$SLIPWAY_TEST_REGISTRY_PASSWORD" > /dev/null
    image_made
    # the first of each is not measured
    for ((time = 0; time <= times; time++)); do
        # a name that nothing is remembered of: the registry is asked once for each
        name=$SLIPWAY_TEST_REGISTRY/slipway-bench-$$/web:$time
        engine tag "slipway-bench-$$/web:1" "$name" && engine push -q "$name" > /dev/null
        [ $time = 0 ] || head_of "$time" >> "$work/head"
        for kind in own registry; do
            [ $kind = registry ] || name=slipway-bench-$$/web:1
            [ $kind = own ] || name=$SLIPWAY_TEST_REGISTRY/slipway-bench-$$/web:$time
            run_of "$name"
            [ $time = 0 ] || echo "$result" >> "$work/$kind"
        done
        [ $time = 0 ] || { time docker_run; } 2>&1 | awk '{ print int($1 * 1000) }' >> "$work/floor"
    done
    stack_down
    local own registry head floor
    own=$(median < "$work/own") registry=$(median < "$work/registry")
    head=$(median < "$work/head") floor=$(median < "$work/floor")
    printf 'a run of one step with an image, medians of %d: of a registry %d ms; of the engine %d ms; docker run %d ms\n' \
        "$times" "$registry" "$own" "$floor"
    printf 'one HEAD at the registry %d ms; above that %d ms (budget 5 ms)\n' "$head" $((registry - own - head))
}

TIMEFORMAT=%R
docker_run() { engine run --rm "slipway-bench-$$/web:1" true; }

engine() { "${docker[@]}" "$@"; }

# Takes it from the engine; called by `bench` when it ends.
image_removed() { engine images -q "slipway-bench-$$/web" | xargs -r "${docker[@]}" rmi -f > /dev/null; }

# An image with a shell.
image_made() {
    docker=(docker -H "unix://$SLIPWAY_TEST_DOCKER_SOCKET" --config "$work/login")
    mkdir -p "$work/login" "$work/image"
    cp /bin/busybox "$work/image/busybox"
    printf 'FROM scratch\nCOPY busybox /bin/sh\nCOPY busybox /bin/true\n' > "$work/image/Dockerfile"
    engine login -u "$SLIPWAY_TEST_REGISTRY_USERNAME" --password-stdin "$SLIPWAY_TEST_REGISTRY" \
        <<< "$SLIPWAY_TEST_REGISTRY_PASSWORD" > /dev/null 2>&1
    engine build -q -t "slipway-bench-$$/web:1" "$work/image" > /dev/null 2>&1
}

# Milliseconds that the registry needs to say what a tag stands for.
head_of() { # TAG
    curl -sfI -o /dev/null -w '%{time_total}\n' -u "$SLIPWAY_TEST_REGISTRY_USERNAME:$SLIPWAY_TEST_REGISTRY_PASSWORD" \
        -H 'Accept: application/vnd.docker.distribution.manifest.v2+json' \
        "http://$SLIPWAY_TEST_REGISTRY/v2/slipway-bench-$$/web/manifests/$1" | awk '{ print int($1 * 1000 + 0.5) }'
}

# Sets `result` to the milliseconds from a run's creation to the end of its step.
run_of() { # IMAGE
    local run view
    jq -n --arg image "$1" '[{step: "one", image: $image, commands: ["true"]}]' > "$work/process.json"
    run=$(slipway run "$repository" --file "$work/process.json" --json | jq -r .summary.id)
    until view=$(api "runs/$run") && [[ $(jq -r .summary.state <<< "$view") != @(pending|running) ]]; do sleep 0.3; done
    [ "$(jq -r .summary.state <<< "$view")" = success ] || fail "the run ended: $(slipway logs "$run")"
    result=$(jq -r '.summary.createdAt, .stages[0].steps[0].finishedAt' <<< "$view" | while read -r time; do
        date -d "$time" +%s%3N
    done | awk 'NR == 1 { start = $1 } END { print $1 - start }')
}
