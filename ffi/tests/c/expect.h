/* Checks that the tests in C share. */
#ifndef EXPECT_H
#define EXPECT_H

#include <m2m.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                       \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);    \
            exit(1);                                                           \
        }                                                                      \
    } while (0)

/* Says what came instead: "api.c:17: m2m_...() is -3 (the handle is in use)". */
#define IS(expected, call)                                                     \
    do {                                                                       \
        int32_t result_ = (call);                                              \
        if (result_ != (expected)) {                                           \
            fprintf(stderr, "%s:%d: %s is %ld (%s), not %ld\n", __FILE__,      \
                    __LINE__, #call, (long)result_, m2m_strerror(result_),     \
                    (long)(expected));                                         \
            exit(1);                                                           \
        }                                                                      \
    } while (0)

#define OK(call) IS(M2M_OK, call)

/* Each number of an enum of errors, 0 to last, has a text of its own, and no other has. */
static inline void tells_all(const char *(*text)(int32_t), int32_t last) {
    int32_t one, other;
    CHECK(strcmp(text(0), "nothing is wrong") == 0);
    CHECK(strcmp(text(-1), "not an error of this library") == 0);
    CHECK(strcmp(text(last + 1), "not an error of this library") == 0);
    for (one = 1; one <= last; one++)
        for (other = -1; other < one; other++)
            CHECK(strlen(text(one)) > 3 && strcmp(text(one), text(other)) != 0);
}

#endif
