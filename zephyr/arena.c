/* The memory of the library, which it has before main() runs. */
#include <m2m.h>
#include <zephyr/init.h>
#include <zephyr/kernel.h>

static __aligned(8) uint8_t arena[CONFIG_M2M_ARENA_SIZE];

static int give_arena(void) {
    return m2m_init(arena, sizeof arena) == M2M_OK ? 0 : -1;
}

SYS_INIT(give_arena, APPLICATION, CONFIG_KERNEL_INIT_PRIORITY_DEFAULT);
