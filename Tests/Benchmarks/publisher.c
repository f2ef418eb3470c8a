// The peer that the gateway is compared with: publishes persistent, mandatory messages of one size to a quorum queue
// over one connection, with a window of outstanding confirms, and prints messages per second.
//   publisher PORT SECONDS BYTES WINDOW [QUEUE]
// Only what the broker confirmed within the time counts.
#include <amqp.h>
#include <amqp_tcp_socket.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static void fail(const char *what, const char *why) {
    fprintf(stderr, "publisher: %s: %s\n", what, why);
    exit(1);
}

static void check(amqp_rpc_reply_t reply, const char *what) {
    if (reply.reply_type == AMQP_RESPONSE_NORMAL) return;
    fail(what, reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION ? amqp_error_string2(reply.library_error)
                                                                   : "refused by the broker");
}

// Confirms arrive one by one or up to a tag (`multiple`).
struct window {
    bool *open; // by tag modulo the size
    uint64_t size, oldest, outstanding, confirmed;
};

static void confirm(struct window *window, uint64_t tag, bool multiple) {
    for (uint64_t each = multiple ? window->oldest : tag; each <= tag; each++) {
        bool *open = &window->open[each % window->size];
        if (!*open) continue;
        *open = false;
        window->outstanding--;
        window->confirmed++;
    }
    if (multiple) window->oldest = tag + 1;
}

// Takes one frame; waits for it if asked to. False if there was none.
static bool take(amqp_connection_state_t connection, struct window *window, bool wait) {
    amqp_frame_t frame;
    struct timeval timeout = {wait ? 30 : 0, 0};
    int status = amqp_simple_wait_frame_noblock(connection, &frame, &timeout);
    if (status == AMQP_STATUS_TIMEOUT) {
        if (wait) fail("confirm", "none within 30 s");
        return false;
    }
    if (status != AMQP_STATUS_OK) fail("frame", amqp_error_string2(status));
    if (frame.frame_type != AMQP_FRAME_METHOD) return true;
    switch (frame.payload.method.id) {
    case AMQP_BASIC_ACK_METHOD: {
        amqp_basic_ack_t *ack = frame.payload.method.decoded;
        confirm(window, ack->delivery_tag, ack->multiple);
        break;
    }
    case AMQP_BASIC_NACK_METHOD: fail("publish", "the broker refused a message"); break;
    case AMQP_BASIC_RETURN_METHOD: fail("publish", "a message was returned as unroutable"); break;
    case AMQP_CHANNEL_CLOSE_METHOD: fail("channel", "closed by the broker"); break;
    case AMQP_CONNECTION_CLOSE_METHOD: fail("connection", "closed by the broker"); break;
    }
    amqp_maybe_release_buffers(connection);
    return true;
}

int main(int count, char **arguments) {
    if (count < 5) {
        fprintf(stderr, "usage: publisher PORT SECONDS BYTES WINDOW [QUEUE]\n");
        return 2;
    }
    int port = atoi(arguments[1]);
    double seconds = atof(arguments[2]);
    size_t bytes = (size_t)atol(arguments[3]);
    struct window window = {.size = (uint64_t)atol(arguments[4]) * 2, .oldest = 1};
    uint64_t limit = window.size / 2;
    const char *queue = count > 5 ? arguments[5] : "benchmark.publisher";
    window.open = calloc(window.size, sizeof *window.open);
    char *body = malloc(bytes);
    if (!window.open || !body || !limit) fail("start", "no memory, or a window of 0");
    for (size_t index = 0; index < bytes; index++) body[index] = (char)('a' + index % 26);

    amqp_connection_state_t connection = amqp_new_connection();
    amqp_socket_t *socket = amqp_tcp_socket_new(connection);
    if (amqp_socket_open(socket, "127.0.0.1", port)) fail("connect", "nothing listens there");
    check(amqp_login(connection, "/", 0, 131072, 60, AMQP_SASL_METHOD_PLAIN, "guest", "guest"), "login");
    amqp_channel_open(connection, 1);
    check(amqp_get_rpc_reply(connection), "channel");
    amqp_table_entry_t entries[1] = {{.key = amqp_cstring_bytes("x-queue-type"),
                                      .value = {.kind = AMQP_FIELD_KIND_UTF8,
                                                .value.bytes = amqp_cstring_bytes("quorum")}}};
    amqp_table_t table = {1, entries};
    amqp_queue_declare(connection, 1, amqp_cstring_bytes(queue), 0, 1, 0, 0, table);
    check(amqp_get_rpc_reply(connection), "queue");
    amqp_confirm_select(connection, 1);
    check(amqp_get_rpc_reply(connection), "confirms");

    amqp_basic_properties_t properties = {
        ._flags = AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_MESSAGE_ID_FLAG,
        .delivery_mode = 2,
        .content_type = amqp_cstring_bytes("application/json"),
    };
    uint64_t tag = 0;
    double start = now(), end = start + seconds;
    while (now() < end) {
        // a tag that lingers must not be overtaken by a whole ring
        while (window.open[(tag + 1) % window.size]) take(connection, &window, true);
        char id[32];
        snprintf(id, sizeof id, "%020llu", (unsigned long long)++tag);
        properties.message_id = amqp_cstring_bytes(id);
        amqp_bytes_t content = {bytes, body};
        int status = amqp_basic_publish(connection, 1, amqp_empty_bytes, amqp_cstring_bytes(queue), 1, 0, &properties,
                                        content);
        if (status != AMQP_STATUS_OK) fail("publish", amqp_error_string2(status));
        window.open[tag % window.size] = true;
        window.outstanding++;
        while (take(connection, &window, window.outstanding >= limit)) {}
    }
    double elapsed = now() - start;
    printf("%.0f\n", (double)window.confirmed / elapsed);
    while (window.outstanding) take(connection, &window, true);
    amqp_queue_delete(connection, 1, amqp_cstring_bytes(queue), 0, 0);
    amqp_connection_close(connection, AMQP_REPLY_SUCCESS);
    amqp_destroy_connection(connection);
    return 0;
}
