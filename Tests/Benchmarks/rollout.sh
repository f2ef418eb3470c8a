# shellcheck shell=bash disable=SC2154
# The rollout of a Deployment of two pods with a probe. Sourced by `bench`.
namespace=''
rollout() { # [TIMES]
    local times=${1:-5} time start floor ours run state name images=()
    "$rig/install"
    if [ -z "${SLIPWAY_TEST_KUBECONFIG:-}" ]; then
        "$rig/up" "$work/cluster" docker registry kubernetes > "$work/said" 2>&1 || fail "$(cat "$work/said")"
        # shellcheck source=/dev/null
        . "$work/cluster/env"
    fi
    namespace=bench-$$
    stack_up "deployer:SLIPWAY_KUBECONFIG=$SLIPWAY_TEST_KUBECONFIG"
    repository_with true
    for name in a b; do images+=("$(image "$name")"); done
    cluster create namespace "$namespace" > /dev/null
    slipway environment add production --repo "$repository" --namespace "$namespace" --workload deployment/web > /dev/null
    deployment "${images[0]}" | cluster apply -f - > /dev/null
    cluster -n "$namespace" rollout status deployment/web --timeout=120s > /dev/null
    for ((time = 1; time <= times; time++)); do
        start=$(date +%s%N)
        cluster -n "$namespace" set image deployment/web "web=${images[1]}" > /dev/null
        cluster -n "$namespace" rollout status deployment/web --timeout=120s > /dev/null
        floor=$((($(date +%s%N) - start) / 1000000))
        jq -n --arg image "${images[0]}" --arg namespace "$namespace" '[{step: "deploy", deploy: {image: $image, environment: "production",
            namespace: $namespace, workload: "deployment/web", container: "web"}}]' > "$work/process.json"
        run=$(slipway run "$repository" --file "$work/process.json" --json | jq -r .summary.id)
        until state=$(api "runs/$run" | jq -r .summary.state) && [[ $state != pending && $state != running ]]; do
            sleep 0.2
        done
        [ "$state" = success ] || fail "the rollout ended with $state: $(slipway logs "$run")"
        ours=$(api "runs/$run" | jq -r '.stages[0].steps[0] | .startedAt, .finishedAt' | while read -r time; do
            date -d "$time" +%s%3N
        done | awk 'NR == 1 { start = $1 } END { print $1 - start }')
        echo "$floor $ours" >> "$work/pairs"
        printf 'kubectl set image + rollout status %s ms; Slipway %s ms\n' "$floor" "$ours"
    done
    floor=$(awk '{ print $1 }' "$work/pairs" | median) ours=$(awk '{ print $2 }' "$work/pairs" | median)
    printf 'rollout of two pods, medians of %d: Slipway %s ms, kubectl %s ms; above it %d ms (budget 100 ms)\n' \
        "$times" "$ours" "$floor" $((ours - floor))
}

cluster() { kubectl --kubeconfig "$SLIPWAY_TEST_KUBECONFIG" "$@"; }

# A server that answers, pushed; prints its reference by digest.
image() { # NAME
    local folder=$work/image docker=(docker -H "unix://$SLIPWAY_TEST_DOCKER_SOCKET" --config "$work/login")
    mkdir -p "$folder/www" "$work/login"
    cp /bin/busybox "$folder/busybox"
    echo "$1" > "$folder/www/index.html"
    printf 'FROM scratch\nCOPY busybox /bin/busybox\nCOPY www /www\nCMD ["/bin/busybox", "httpd", "-f", "-p", "8080", "-h", "/www"]\n' \
        > "$folder/Dockerfile"
    "${docker[@]}" login -u "$SLIPWAY_TEST_REGISTRY_USERNAME" --password-stdin "$SLIPWAY_TEST_REGISTRY" \
        <<< "$SLIPWAY_TEST_REGISTRY_PASSWORD" > /dev/null 2>&1
    "${docker[@]}" build -q -t "$SLIPWAY_TEST_REGISTRY/bench/web:$1" "$folder" > /dev/null 2>&1
    "${docker[@]}" push -q "$SLIPWAY_TEST_REGISTRY/bench/web:$1" > /dev/null
    "${docker[@]}" image inspect -f '{{index .RepoDigests 0}}' "$SLIPWAY_TEST_REGISTRY/bench/web:$1"
}

deployment() { # IMAGE
    jq -n --arg image "$1" --arg namespace "$namespace" '{apiVersion: "apps/v1", kind: "Deployment", metadata: {name: "web", namespace: $namespace},
        spec: {replicas: 2, selector: {matchLabels: {app: "web"}}, template: {metadata: {labels: {app: "web"}},
            spec: {automountServiceAccountToken: false, terminationGracePeriodSeconds: 0, containers: [{
                name: "web", image: $image, readinessProbe: {tcpSocket: {port: 8080}, periodSeconds: 1}}]}}}}'
}
