/* Memory by functions of the application's. */
#include <m2m.h>
#include <stdio.h>
#include <stdlib.h>

static size_t blocks, bytes, most, fail_after = SIZE_MAX;

void *m2m_malloc(size_t size, size_t alignment) {
    char *block;
    if (blocks >= fail_after) return NULL;
    /* The block, and before it what malloc gave. */
    block = malloc(size + alignment + sizeof(void *));
    if (block) {
        char *start = block + sizeof(void *);
        start += (alignment - (size_t)start % alignment) % alignment;
        ((void **)(void *)start)[-1] = block;
        blocks++;
        bytes += size;
        if (bytes > most) most = bytes;
        return start;
    }
    return NULL;
}

void m2m_free(void *block, size_t size, size_t alignment) {
    if ((size_t)block % alignment) abort();
    blocks--;
    bytes -= size;
    free(((void **)block)[-1]);
}

int main(void) {
    static const uint8_t seed[32] = {7};
    m2m_lwm2m_client_config config;
    m2m_lwm2m_client *c;
    size_t start, needed, reserved, n;

    if (m2m_lwm2m_client_config_init_small(&config, sizeof config) != M2M_OK) return 1;
    config.endpoint_name = "hooks";
    start = blocks;
    if (m2m_lwm2m_client_new(&config, seed, &c) != M2M_OK) return 2;
    if (m2m_lwm2m_client_reserved_bytes(c, &reserved) != M2M_OK || bytes < reserved) return 3;
    needed = blocks - start;
    if (needed < 10) return 4;
    if (m2m_lwm2m_client_free(c) != M2M_OK || blocks != start) return 5;
    /* Whichever block is refused: an error, and nothing leaks. */
    for (n = 0; n < needed; n++) {
        fail_after = start + n;
        if (m2m_lwm2m_client_new(&config, seed, &c) != M2M_OUT_OF_MEMORY) return 6;
        if (blocks != start) return 7;
    }
    puts("hooks are called");
    return 0;
}
