/* A server of the SQL API that is no bottleneck: it answers what `carto sql` and curl ask for with
 * bytes that are made once, in chunks as the real one sends them.
 *
 *     sql        prints its port, and ends when its standard input does
 *
 * `/user/ann/api/v2/sql/copyto` gives CSV, a query whose text holds `carto_columns` the columns,
 * every other one JSON. A number behind `size_` in a query says how many MiB there are; 0 is one row.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CHUNK = 64 * 1024, REQUEST = 16 * 1024 };

static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\n"
                           "Transfer-Encoding: chunked\r\n\r\n";
static const char columns[] =
    "{\"rows\":[{\"carto_columns\":\"{\\\"f1\\\":null,\\\"f2\\\":null,\\\"f3\\\":null,\\\"f4\\\":null}\","
    "\"id\":null,\"name\":null,\"value\":null,\"the_geom\":null}],\"time\":0.001,\"fields\":{"
    "\"carto_columns\":{\"type\":\"string\",\"pgtype\":\"text\"},\"id\":{\"type\":\"number\",\"pgtype\":"
    "\"int8\"},\"name\":{\"type\":\"string\",\"pgtype\":\"text\"},\"value\":{\"type\":\"number\","
    "\"pgtype\":\"float8\"},\"the_geom\":{\"type\":\"geometry\",\"pgtype\":\"geometry\"}},\"total_rows\":1}";
static const char json_row[] =
    "{\"c1\":\"9007199254740993\",\"c2\":\"a name of a place\",\"c3\":\"0.30000000000000004\","
    "\"c4\":\"0101000020E6100000000000000000F03F0000000000000040\"}";
static const char csv_row[] = "9007199254740993,a name of a place,0.30000000000000004,"
                              "0101000020E6100000000000000000F03F0000000000000040\n";

/* Sends all; a client that has left ends the connection. */
static int put(int to, const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t sent = send(to, bytes, count, MSG_NOSIGNAL);
        if (sent < 0)
            return -1;
        bytes += sent;
        count -= (size_t)sent;
    }
    return 0;
}

static int chunk(int to, const char *bytes, size_t count)
{
    static __thread char text[CHUNK * 2];
    int size = sprintf(text, "%zx\r\n", count);
    memcpy(text + size, bytes, count);
    memcpy(text + size + count, "\r\n", 2);
    return put(to, text, (size_t)size + count + 2);
}

/* Sends as many whole rows as come to so many MiB. */
static int rows(int to, const char *row, const char *between, long size)
{
    char piece[CHUNK];
    size_t held = 0, one = strlen(row), more = strlen(between);
    long count = (size << 20) / (long)(one + more);
    if (count == 0)
        count = 1;
    if (put(to, head, strlen(head)) < 0)
        return -1;
    if (*between && chunk(to, "{\"rows\":[", 9) < 0)
        return -1;
    for (long at = 0; at < count; at++) {
        if (held + one + more > sizeof piece) {
            if (chunk(to, piece, held) < 0)
                return -1;
            held = 0;
        }
        if (at > 0) {
            memcpy(piece + held, between, more);
            held += more;
        }
        memcpy(piece + held, row, one);
        held += one;
    }
    if (*between) {
        char end[64];
        if (chunk(to, piece, held) < 0)
            return -1;
        sprintf(end, "],\"time\":1,\"fields\":{},\"total_rows\":%ld}", count);
        return chunk(to, end, strlen(end)) < 0 ? -1 : put(to, "0\r\n\r\n", 5);
    }
    return chunk(to, piece, held) < 0 ? -1 : put(to, "0\r\n\r\n", 5);
}

static int answer(int to, const char *line)
{
    const char *size = strstr(line, "size_");
    long mib = size ? atol(size + 5) : 0;
    if (strstr(line, "/copyto"))
        return rows(to, csv_row, "", mib);
    if (strstr(line, "carto_columns"))
        return put(to, head, strlen(head)) < 0 || chunk(to, columns, strlen(columns)) < 0
                   ? -1
                   : put(to, "0\r\n\r\n", 5);
    return rows(to, json_row, ",", mib);
}

static void *serve(void *given)
{
    int client = (int)(long)given, on = 1;
    char request[REQUEST + 1];
    size_t held = 0;
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    for (;;) {
        ssize_t got = recv(client, request + held, REQUEST - held, 0);
        if (got <= 0)
            break;
        held += (size_t)got;
        request[held] = 0;
        if (!strstr(request, "\r\n\r\n"))
            continue;
        *strchr(request, '\r') = 0;
        held = 0;
        if (answer(client, request) < 0)
            break;
    }
    close(client);
    return NULL;
}

static void *accept_all(void *given)
{
    int listener = (int)(long)given;
    for (;;) {
        pthread_t thread;
        int client = accept(listener, NULL, NULL);
        if (client >= 0 && pthread_create(&thread, NULL, serve, (void *)(long)client) == 0)
            pthread_detach(thread);
    }
    return NULL;
}

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    pthread_t thread;
    char byte;
    if (bind(listener, (struct sockaddr *)&address, size) < 0 || listen(listener, 64) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &size) < 0) {
        perror("sql");
        return 1;
    }
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    pthread_create(&thread, NULL, accept_all, (void *)(long)listener);
    while (read(0, &byte, 1) > 0)
        ;
    return 0;
}
