/* What the examples share: a clock, random bytes, and how they end. */
#ifndef COMMON_H
#define COMMON_H

#include <errno.h>
#include <m2m.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t stop;

static void on_signal(int number) {
    (void)number;
    stop = 1;
}

static void fail(const char *what, const char *why) {
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

/* Ends the program when a call of the library fails. Benign results pass. */
static int32_t must(const char *what, int32_t result) {
    if (result < 0) fail(what, m2m_strerror(result));
    return result;
}

static uint64_t now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void random_bytes(uint8_t *to, size_t len) {
    FILE *random = fopen("/dev/urandom", "rb");
    if (!random || fread(to, len, 1, random) != 1) fail("/dev/urandom", strerror(errno));
    fclose(random);
}

/* Signals end the main loop, and lines are seen at once. */
static void begin(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal; /* no SA_RESTART: poll() returns */
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    setvbuf(stdout, NULL, _IOLBF, 0);
}

#endif
