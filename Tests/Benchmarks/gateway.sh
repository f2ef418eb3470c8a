# shellcheck shell=bash disable=SC2154
# Hooks accepted, verified and confirmed to a quorum queue. Sourced by `bench`.

# How many hooks went to the gateway's spool so far.
spooled() {
    curl -sf "http://127.0.0.1:$((port + 1))/metrics" |
        awk '/^slipway_outbox_(waiting|published_total)/ { sum += $NF } END { print sum + 0 }'
}

gateway() { # [SECONDS]
    local seconds=${1:-2} rounds=9 round key peer line before
    "$rig/install" gcc libc6-dev librabbitmq-dev openssl rabbitmq-server
    build webhook-gateway pipeline
    cc -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -o "$work/publisher" Tests/Benchmarks/publisher.c -lrabbitmq
    cc -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -o "$work/hooks" Tests/Benchmarks/hooks.c
    local amqp
    amqp=$(free_port 6400 10000 11000 20000 21000)
    "$rig/rabbitmq" up "$work/rabbitmq" "$amqp"
    # The queue, and a login that may do no more than a gateway's: nobody else is here who would declare it.
    "$binaries/pipeline" broker definitions --folder "$work/broker" --address "127.0.0.1:$amqp" > /dev/null
    "$rig/rabbitmq" control "$work/rabbitmq" -q import_definitions "$work/broker/definitions.json"
    port=$(free_port 18600 1)
    key=$(openssl rand -base64 32)
    hook_token "$key" "$repository" > "$work/token"
    # In this session, as the publisher is: Linux shares the cores out between sessions first, and one more of them would
    # leave the broker less than the publisher leaves it.
    mkdir -p "$work/log" "$work/run"
    SLIPWAY_BROKER_URL_FILE=$work/broker/broker-url-webhook-gateway SLIPWAY_LISTEN=127.0.0.1:$port SLIPWAY_HOOK_KEY=$key \
        SLIPWAY_ADMIN_LISTEN=127.0.0.1:$((port + 1)) SLIPWAY_DATA=$work/gateway SLIPWAY_LOG_LEVEL=warning \
        "$binaries/webhook-gateway" < /dev/null > "$work/log/gateway.log" 2>&1 &
    write_pid "$work/run/gateway.pid" $!
    wait_for 30 "$work/run/gateway.pid" "$work/log/gateway.log" "webhook-gateway" \
        curl -sf "http://127.0.0.1:$((port + 1))/readyz"

    # one of each first, unmeasured; then in turn, so that both meet the same machine, and each a broker that has rested
    for ((round = 0; round <= rounds; round++)); do
        sleep 1
        peer=$("$work/publisher" "$amqp" "$seconds" 8192 100)
        sleep 1
        line=$("$work/hooks" "$port" /hooks/gitlab "$seconds" 32 8192 "$repository" < "$work/token")
        "$rig/rabbitmq" control "$work/rabbitmq" -q purge_queue slipway.sync > /dev/null
        [ $round != 0 ] || { before=$(spooled) && continue; }
        # Such a hook was not confirmed by the broker.
        [ "$(spooled)" = "$before" ] || fail "$(($(spooled) - before)) hooks went to the gateway's spool"
        echo "$peer $line" >> "$work/rounds"
        # shellcheck disable=SC2086
        printf 'publisher %6s messages/s   gateway %6s hooks/s  p50 %s ms  p99 %s ms  max %s ms\n' "$peer" $line
    done
    printf '\nmedians of %d rounds of %s s, 8 KiB, 32 connections, window 100:\n' "$rounds" "$seconds"
    printf 'gateway %s hooks/s, p50 %s ms, p99 %s ms; publisher %s messages/s; ratio %s %% (budget 70 %%, and 12,000 hooks/s)\n' \
        "$(awk '{ print $2 }' "$work/rounds" | median)" "$(awk '{ print $3 }' "$work/rounds" | median)" \
        "$(awk '{ print $4 }' "$work/rounds" | median)" "$(awk '{ print $1 }' "$work/rounds" | median)" \
        "$(awk '{ printf "%.0f\n", 100 * $2 / $1 }' "$work/rounds" | median)"
}
