// Sends GitLab push hooks over keep-alive connections, one after the other on each, and prints
// `hooks/s p50 p99 max` (milliseconds) of those answered 2xx.
//   hooks PORT PATH SECONDS CONNECTIONS BYTES REPOSITORY < TOKEN
// Each hook has a commit and delivery ids of its own, so that none is taken for a repeat. Any other answer, or a
// closed connection, ends it with an error: a benchmark of refusals would say nothing.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { COMMIT = 40, NUMBER = 20, ANSWER = 8192 };

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static void fail(const char *what, const char *why) {
    fprintf(stderr, "hooks: %s: %s\n", what, why);
    exit(1);
}

// A request whose variable places are patched before each sending.
struct request {
    char *text;
    size_t length;
    char *commits[2], *numbers[2];
};

static struct request make_request(const char *path, const char *repository, const char *token, size_t bytes) {
    static const char zeros[COMMIT + 1] = "0000000000000000000000000000000000000001";
    char *body = malloc(bytes + 4096);
    if (!body) fail("start", "no memory");
    int length = sprintf(
        body,
        "{\"object_kind\":\"push\",\"event_name\":\"push\",\"before\":\"1111111111111111111111111111111111111111\","
        "\"after\":\"%s\",\"ref\":\"refs/heads/main\",\"ref_protected\":true,\"checkout_sha\":\"%s\",\"message\":null,"
        "\"user_id\":4,\"user_name\":\"Ada\",\"user_username\":\"ada\",\"user_email\":\"\",\"project_id\":15,"
        "\"project\":{\"id\":15,\"name\":\"web\",\"description\":\"\",\"web_url\":\"http://git.example/%s\","
        "\"git_ssh_url\":\"git@git.example:%s.git\",\"git_http_url\":\"http://git.example/%s.git\","
        "\"namespace\":\"Shop\",\"visibility_level\":0,\"path_with_namespace\":\"%s\",\"default_branch\":\"main\"},"
        "\"total_commits_count\":1,\"push_options\":{},\"commits\":[{\"id\":\"%s\",\"title\":\"Change\",\"message\":\"",
        zeros, zeros, repository, repository, repository, repository, zeros);
    static const char tail[] = "\",\"timestamp\":\"2026-01-02T03:04:05+00:00\",\"url\":\"http://git.example/c\","
                               "\"author\":{\"name\":\"Ada\",\"email\":\"ada@git.example\"},"
                               "\"added\":[],\"modified\":[\"README.md\"],\"removed\":[]}]}";
    while ((size_t)length + sizeof tail - 1 < bytes) {
        body[length] = (char)('a' + length % 26);
        length++;
    }
    length += sprintf(body + length, "%s", tail);
    struct request request = {.text = malloc((size_t)length + 2048)};
    if (!request.text) fail("start", "no memory");
    int head = sprintf(
        request.text,
        "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nUser-Agent: GitLab/17.5.0\r\n"
        "X-Gitlab-Event: Push Hook\r\nX-Gitlab-Token: %s\r\nX-Gitlab-Instance: http://git.example\r\n"
        "X-Gitlab-Event-UUID: %020d\r\nIdempotency-Key: %020d\r\nContent-Length: %d\r\n\r\n",
        path, token, 0, 0, length);
    memcpy(request.text + head, body, (size_t)length + 1);
    free(body);
    request.length = (size_t)(head + length);
    request.numbers[0] = strstr(request.text, "Event-UUID: ") + strlen("Event-UUID: ");
    request.numbers[1] = strstr(request.text, "Idempotency-Key: ") + strlen("Idempotency-Key: ");
    request.commits[0] = strstr(request.text, "\"after\":\"") + strlen("\"after\":\"");
    request.commits[1] = strstr(request.text, "\"checkout_sha\":\"") + strlen("\"checkout_sha\":\"");
    return request;
}

struct connection {
    int descriptor;
    char *text; // its own copy of the request
    char answer[ANSWER];
    size_t received;
    double since;
};

static double *latencies;
static size_t answered, capacity;

static void record(double latency) {
    if (answered == capacity) {
        capacity = capacity ? capacity * 2 : 1 << 16;
        latencies = realloc(latencies, capacity * sizeof *latencies);
        if (!latencies) fail("record", "no memory");
    }
    latencies[answered++] = latency;
}

static void send_all(struct connection *connection, const struct request *request) {
    for (size_t sent = 0; sent < request->length;) {
        ssize_t count = send(connection->descriptor, connection->text + sent, request->length - sent, MSG_NOSIGNAL);
        if (count <= 0) fail("send", strerror(errno));
        sent += (size_t)count;
    }
}

static void begin(struct connection *connection, const struct request *request, uint64_t number, uint64_t run) {
    char digits[COMMIT + 1];
    snprintf(digits, sizeof digits, "%016llx%024llx", (unsigned long long)run, (unsigned long long)number);
    for (int index = 0; index < 2; index++)
        memcpy(connection->text + (request->commits[index] - request->text), digits, COMMIT);
    snprintf(digits, sizeof digits, "%08llx%012llx", (unsigned long long)(run & 0xffffffff),
             (unsigned long long)number);
    for (int index = 0; index < 2; index++)
        memcpy(connection->text + (request->numbers[index] - request->text), digits, NUMBER);
    connection->received = 0;
    connection->since = now();
    send_all(connection, request);
}

// True once a whole answer is there.
static bool whole(struct connection *connection) {
    connection->answer[connection->received] = 0;
    char *end = strstr(connection->answer, "\r\n\r\n");
    if (!end) return false;
    if (strncmp(connection->answer, "HTTP/1.1 2", 10)) fail("answer", connection->answer);
    char *field = strcasestr(connection->answer, "\r\ncontent-length:");
    size_t length = field && field < end ? (size_t)atol(field + 17) : 0;
    return connection->received >= (size_t)(end + 4 - connection->answer) + length;
}

static int by_value(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

int main(int count, char **arguments) {
    char token[512] = "";
    if (count != 7 || !fgets(token, sizeof token, stdin)) {
        fprintf(stderr, "usage: hooks PORT PATH SECONDS CONNECTIONS BYTES REPOSITORY < TOKEN\n");
        return 2;
    }
    token[strcspn(token, "\r\n")] = 0;
    double seconds = atof(arguments[3]);
    int connections = atoi(arguments[4]);
    struct request request = make_request(arguments[2], arguments[6], token, (size_t)atol(arguments[5]));
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(arguments[1]))};
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    struct connection *all = calloc((size_t)connections, sizeof *all);
    int poll = epoll_create1(0);
    uint64_t number = 0, run = (uint64_t)time(NULL) << 16 ^ (uint64_t)getpid();
    double start = now();
    for (int index = 0; index < connections; index++) {
        struct connection *connection = &all[index];
        connection->text = malloc(request.length + 1);
        memcpy(connection->text, request.text, request.length + 1);
        connection->descriptor = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(connection->descriptor, (struct sockaddr *)&address, sizeof address))
            fail("connect", strerror(errno));
        int yes = 1;
        setsockopt(connection->descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
        epoll_ctl(poll, EPOLL_CTL_ADD, connection->descriptor, &event);
        begin(connection, &request, ++number, run);
    }
    double end = start + seconds;
    while (now() < end) {
        struct epoll_event events[64];
        int ready = epoll_wait(poll, events, 64, 10000);
        if (ready == 0) fail("wait", "no answer within 10 s");
        for (int index = 0; index < ready; index++) {
            struct connection *connection = events[index].data.ptr;
            ssize_t got = recv(connection->descriptor, connection->answer + connection->received,
                               ANSWER - 1 - connection->received, MSG_DONTWAIT);
            if (got < 0 && errno == EAGAIN) continue;
            if (got <= 0) fail("receive", got ? strerror(errno) : "the gateway closed the connection");
            connection->received += (size_t)got;
            if (!whole(connection)) continue;
            record((now() - connection->since) * 1000);
            begin(connection, &request, ++number, run);
        }
    }
    double elapsed = now() - start;
    if (!answered) fail("end", "nothing was answered");
    qsort(latencies, answered, sizeof *latencies, by_value);
    printf("%.0f %.2f %.2f %.2f\n", (double)answered / elapsed, latencies[answered / 2], latencies[answered * 99 / 100],
           latencies[answered - 1]);
    return 0;
}
