/* An arena of the size that the library tells is enough, and not much more than enough. */
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

/* Makes one client or one endpoint in an arena of so many bytes, in a process of its own. Gives the
 * bytes in use, 0 if there was not enough. */
static size_t used_of(const m2m_lwm2m_client_config *client, const m2m_coap_config *coap,
                      size_t size) {
    int channel[2], status;
    size_t used = 0;
    pid_t child;
    CHECK(pipe(channel) == 0);
    child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        /* Exactly as long, so that the tools see what is beyond. */
        uint8_t *arena = malloc(size);
        m2m_lwm2m_client *c = NULL;
        m2m_coap_endpoint *e = NULL;
        int32_t result;
        CHECK(arena != NULL);
        OK(m2m_init(arena, size));
        result = client ? m2m_lwm2m_client_new(client, SEED, &c) : m2m_coap_endpoint_new(coap, SEED, &e);
        CHECK(result == M2M_OK || result == M2M_OUT_OF_MEMORY);
        if (result == M2M_OK) OK(m2m_arena_used(&used));
        CHECK(write(channel[1], &used, sizeof used) == sizeof used);
        _exit(0);
    }
    CHECK(read(channel[0], &used, sizeof used) == sizeof used);
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    close(channel[0]);
    close(channel[1]);
    return used;
}

static void is_enough(const m2m_lwm2m_client_config *client, const m2m_coap_config *coap) {
    size_t size = 0, used;
    OK(client ? m2m_lwm2m_client_arena_size(client, &size) : m2m_coap_arena_size(coap, &size));
    used = used_of(client, coap, size);
    if (used == 0 || used > size || used * 100 < size * 97) {
        fprintf(stderr, "%lu bytes told, %lu used\n", (unsigned long)size, (unsigned long)used);
        exit(1);
    }
    CHECK(used_of(client, coap, used - 16) == 0);
}

int main(void) {
    m2m_lwm2m_client_config config = config_of_tests();
    m2m_coap_config coap;
    size_t size = 7;
    uint32_t i;
    is_enough(&config, NULL);
    config.objects_len = 0;
    config.standard_objects_len = 0;
    is_enough(&config, NULL);
    OK(m2m_lwm2m_client_config_init_small(&config, sizeof config));
    is_enough(&config, NULL);
    for (i = 1; i < 6; i++) {
        config.endpoint_name = "n-of-odd-length" + i;
        config.servers = i;
        config.values = 40 * i + 1;
        config.text_size = 100 * i + 3;
        config.observers = i;
        config.requests = 2 * i;
        config.executes = i - 1;
        config.scratch_size = 200 + i;
        is_enough(&config, NULL);
    }
    OK(m2m_coap_config_init(&coap, sizeof coap));
    is_enough(NULL, &coap);
    coap.security_contexts = 0;
    coap.message_size = 1001;
    is_enough(NULL, &coap);
    OK(m2m_coap_config_init_small(&coap, sizeof coap));
    is_enough(NULL, &coap);

    size = 7;
    IS(M2M_NULL, m2m_lwm2m_client_arena_size(NULL, &size));
    IS(M2M_NULL, m2m_lwm2m_client_arena_size(&config, NULL));
    config.servers = 16;
    IS(M2M_INVALID, m2m_lwm2m_client_arena_size(&config, &size));
    IS(M2M_NULL, m2m_coap_arena_size(NULL, &size));
    coap.message_size = 1;
    IS(M2M_INVALID, m2m_coap_arena_size(&coap, &size));
    CHECK(size == 7);
    puts("all of arena_size.c passed");
    return 0;
}
