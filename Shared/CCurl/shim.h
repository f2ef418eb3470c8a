// libcurl, with its variadic functions given one type each: Swift cannot call C functions that take `...`.
#ifndef SLIPWAY_CCURL_H
#define SLIPWAY_CCURL_H

#define CURL_DISABLE_TYPECHECK
#define CURL_STRICTER
#include <curl/curl.h>
#include <fcntl.h>

typedef size_t (*slipway_curl_transfer_callback)(char *bytes, size_t size, size_t count, void *context);
typedef int (*slipway_curl_seek_callback)(void *context, curl_off_t offset, int origin);
typedef int (*slipway_curl_socket_callback)(CURL *easy, curl_socket_t socket, int what, void *context, void *own);
typedef int (*slipway_curl_timer_callback)(CURLM *multi, long milliseconds, void *context);

static inline CURLcode slipway_curl_global_init(void) { return curl_global_init(CURL_GLOBAL_DEFAULT); }

static inline CURLcode slipway_curl_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode slipway_curl_set_offset(CURL *easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}

// libcurl copies the text.
static inline CURLcode slipway_curl_set_string(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}

// libcurl keeps the pointer: it has to outlive the transfer.
static inline CURLcode slipway_curl_set_pointer(CURL *easy, CURLoption option, void *value) {
    return curl_easy_setopt(easy, option, value);
}

// libcurl keeps the list: it has to outlive the transfer.
static inline CURLcode slipway_curl_set_list(CURL *easy, CURLoption option, struct curl_slist *list) {
    return curl_easy_setopt(easy, option, list);
}

static inline CURLcode slipway_curl_set_blob(CURL *easy, CURLoption option, const void *bytes, size_t length) {
    struct curl_blob blob = {(void *)bytes, length, CURL_BLOB_COPY};
    return curl_easy_setopt(easy, option, &blob);
}

static inline CURLcode slipway_curl_set_callback(
    CURL *easy, CURLoption function, slipway_curl_transfer_callback callback, CURLoption data, void *context) {
    CURLcode code = curl_easy_setopt(easy, function, callback);
    return code == CURLE_OK ? curl_easy_setopt(easy, data, context) : code;
}

static inline CURLcode slipway_curl_set_seek(CURL *easy, slipway_curl_seek_callback callback, void *context) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, callback);
    return code == CURLE_OK ? curl_easy_setopt(easy, CURLOPT_SEEKDATA, context) : code;
}

// A socket must not reach the programs a service starts: one to the Docker Engine would be a way into the machine.
static inline int slipway_curl_close_on_exec(void *context, curl_socket_t socket, curlsocktype purpose) {
    (void)context;
    (void)purpose;
    return fcntl(socket, F_SETFD, FD_CLOEXEC) == 0 ? CURL_SOCKOPT_OK : CURL_SOCKOPT_ERROR;
}

static inline CURLcode slipway_curl_set_close_on_exec(CURL *easy) {
    return curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, slipway_curl_close_on_exec);
}

static inline CURLcode slipway_curl_set_authentication(CURL *easy, int bearer) {
    return curl_easy_setopt(easy, CURLOPT_HTTPAUTH, bearer ? CURLAUTH_BEARER : CURLAUTH_BASIC);
}

static inline CURLcode slipway_curl_get_long(CURL *easy, CURLINFO info, long *value) {
    return curl_easy_getinfo(easy, info, value);
}

static inline CURLcode slipway_curl_get_offset(CURL *easy, CURLINFO info, curl_off_t *value) {
    return curl_easy_getinfo(easy, info, value);
}

static inline CURLMcode slipway_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

static inline CURLMcode slipway_curl_multi_set_callbacks(
    CURLM *multi, slipway_curl_socket_callback socket, slipway_curl_timer_callback timer, void *context) {
    CURLMcode code = curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, socket);
    if (code == CURLM_OK) code = curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, context);
    if (code == CURLM_OK) code = curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, timer);
    if (code == CURLM_OK) code = curl_multi_setopt(multi, CURLMOPT_TIMERDATA, context);
    return code;
}

#endif
