/* Handles in an arena of the application's. */
#include <pthread.h>

#include "check.h"

static uint8_t arena[200000];

static int32_t make(uint32_t pool_size, m2m_lwm2m_client **c) {
    m2m_lwm2m_client_config config;
    CHECK(m2m_lwm2m_client_config_init_small(&config, sizeof config) == M2M_OK);
    config.endpoint_name = "arena";
    config.standard_objects = STANDARD;
    config.standard_objects_len = 1;
    config.pool_size = pool_size;
    return m2m_lwm2m_client_new(&config, SEED, c);
}

static size_t used(void) {
    size_t bytes = 0;
    CHECK(m2m_arena_used(&bytes) == M2M_OK);
    return bytes;
}

static int inside(const void *p) {
    return (uintptr_t)p >= (uintptr_t)arena && (uintptr_t)p < (uintptr_t)arena + sizeof arena;
}

static void *make_and_free(void *unused) {
    int i;
    (void)unused;
    for (i = 0; i < 300; i++) {
        m2m_lwm2m_client *c;
        CHECK(make(2048, &c) == M2M_OK);
        CHECK(inside(c));
        CHECK(m2m_lwm2m_client_free(c) == M2M_OK);
    }
    return NULL;
}

int main(void) {
    m2m_lwm2m_client *before, *c = NULL, *many[64];
    pthread_t threads[4];
    size_t bytes = 7, start, one, n, i;

    /* Until there is an arena, memory comes from the system. */
    CHECK(m2m_arena_used(&bytes) == M2M_NOTHING);
    CHECK(bytes == 7);
    CHECK(m2m_arena_used(NULL) == M2M_NULL);
    before = client_of_tests();
    CHECK(!inside(before));

    CHECK(m2m_init(NULL, sizeof arena) == M2M_NULL);
    CHECK(m2m_init(arena, 63) == M2M_INVALID);
    CHECK(m2m_init(arena, SIZE_MAX) == M2M_INVALID);
    CHECK(m2m_arena_used(&bytes) == M2M_NOTHING);
    /* Any address will do, also an odd one. */
    CHECK(m2m_init(arena + 1, sizeof arena - 1) == M2M_OK);
    CHECK(m2m_init(arena, sizeof arena) == M2M_EXISTS);

    /* What was made before can be used and freed. */
    OK(m2m_lwm2m_client_handle_timeout(before, 1));
    CHECK(m2m_lwm2m_client_free(before) == M2M_OK);

    start = used();
    CHECK(make(2048, &c) == M2M_OK);
    CHECK(inside(c));
    CHECK(m2m_lwm2m_client_reserved_bytes(c, &bytes) == M2M_OK);
    one = used() - start;
    /* What it says that it reserves, and a little for what the handle itself is. */
    CHECK(one >= bytes && one < bytes + 1024);
    CHECK(m2m_lwm2m_client_free(c) == M2M_OK);
    CHECK(used() == start);

    /* More than there is: an error that costs nothing. */
    CHECK(make(1u << 30, &c) == M2M_OUT_OF_MEMORY);
    CHECK(used() == start);
    for (n = 0; n < 64 && make(2048, &many[n]) == M2M_OK; n++) {
    }
    CHECK(n >= sizeof arena / one / 2 && n < 64);
    CHECK(make(2048, &c) == M2M_OUT_OF_MEMORY);
    /* Every second one first: what is left in between is put together again. */
    for (i = 0; i < n; i += 2) CHECK(m2m_lwm2m_client_free(many[i]) == M2M_OK);
    for (i = 1; i < n; i += 2) CHECK(m2m_lwm2m_client_free(many[i]) == M2M_OK);
    CHECK(used() == start);
    CHECK(make(100000, &c) == M2M_OK);
    CHECK(m2m_lwm2m_client_free(c) == M2M_OK);

    for (i = 0; i < 4; i++) CHECK(pthread_create(&threads[i], NULL, make_and_free, NULL) == 0);
    for (i = 0; i < 4; i++) CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK(make(100000, &c) == M2M_OK);
    CHECK(m2m_lwm2m_client_free(c) == M2M_OK);
    puts("all of arena.c passed");
    return 0;
}
