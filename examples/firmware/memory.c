/* The memory functions of the image. Those that Rust brings along are for any processor: ten times as
 * long, and slow for the few bytes that are moved here most of the time. A Cortex-M4 reads and writes words
 * wherever they lie. */
#include <stddef.h>
#include <stdint.h>

/* No loop here is to become a call of the function that it is in, or have more variables than it has. */
#pragma GCC optimize("no-tree-loop-distribute-patterns", "no-ivopts", "no-tree-scev-cprop")

#ifdef __ARM_FEATURE_UNALIGNED
struct word {
    uint32_t all;
} __attribute__((packed, may_alias));
enum { WORD = sizeof(struct word) };
#endif

void *memcpy(void *restrict to, const void *restrict from, size_t len) {
    uint8_t *t = to;
    const uint8_t *f = from;
#ifdef __ARM_FEATURE_UNALIGNED
    for (; len >= WORD; len -= WORD, t += WORD, f += WORD) {
        *(struct word *)t = *(const struct word *)f;
    }
#endif
    for (; len; len--) *t++ = *f++;
    return to;
}

void *memmove(void *to, const void *from, size_t len) {
    uint8_t *t = to;
    const uint8_t *f = from;
    if ((uintptr_t)t - (uintptr_t)f >= len) return memcpy(to, from, len);
    t += len, f += len;
#ifdef __ARM_FEATURE_UNALIGNED
    for (; len >= WORD; len -= WORD) {
        t -= WORD, f -= WORD;
        *(struct word *)t = *(const struct word *)f;
    }
#endif
    for (; len; len--) *--t = *--f;
    return to;
}

void *memset(void *to, int value, size_t len) {
    uint8_t *t = to;
#ifdef __ARM_FEATURE_UNALIGNED
    struct word all = {(uint8_t)value * 0x01010101u};
    for (; len >= WORD; len -= WORD, t += WORD) *(struct word *)t = all;
#endif
    for (; len; len--) *t++ = (uint8_t)value;
    return to;
}

/* The names under which compilers for Arm call them. */
#define IS(name, function) __typeof__(function) name __attribute__((alias(#function), copy(function)))
IS(__aeabi_memcpy, memcpy);
IS(__aeabi_memcpy4, memcpy);
IS(__aeabi_memcpy8, memcpy);
IS(__aeabi_memmove, memmove);
IS(__aeabi_memmove4, memmove);
IS(__aeabi_memmove8, memmove);

void __aeabi_memset(void *to, size_t len, int value) { memset(to, value, len); }
IS(__aeabi_memset4, __aeabi_memset);
IS(__aeabi_memset8, __aeabi_memset);

void __aeabi_memclr(void *to, size_t len) { memset(to, 0, len); }
IS(__aeabi_memclr4, __aeabi_memclr);
IS(__aeabi_memclr8, __aeabi_memclr);
