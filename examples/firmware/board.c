#include "board.h"

#include <stddef.h>
#include <stdlib.h>

#define REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))

/* The serial line: CMSDK UART 0. */
#define UART_DATA REGISTER(0x40004000)
#define UART_STATE REGISTER(0x40004004)
#define UART_CTRL REGISTER(0x40004008)
#define UART_BAUDDIV REGISTER(0x40004010)
enum { UART_TX_FULL = 1, UART_RX_FULL = 2, UART_TX_RX_ENABLE = 3 };

/* A timer: CMSDK timer 0. */
#define TIMER_CTRL REGISTER(0x40000000)
#define TIMER_VALUE REGISTER(0x40000004)
#define TIMER_RELOAD REGISTER(0x40000008)

/* The processor's own timer, and its reset. */
#define SYST_CSR REGISTER(0xE000E010)
#define SYST_RVR REGISTER(0xE000E014)
#define SYST_CVR REGISTER(0xE000E018)
#define SCB_AIRCR REGISTER(0xE000ED0C)
enum { CLOCK_HZ = 25000000 };

static volatile uint32_t ticks;
static uint32_t ticks_before, overflows;

/* Survives a reset, not the loss of power. */
__attribute__((section(".noinit"))) static uint32_t starts, starts_check;

void board_start(void) {
    starts = starts_check == ~starts ? starts + 1 : 1;
    starts_check = ~starts;
    UART_BAUDDIV = 16;
    UART_CTRL = UART_TX_RX_ENABLE;
    SYST_RVR = CLOCK_HZ / 1000 - 1;
    SYST_CVR = 0;
    SYST_CSR = 7; /* processor clock, interrupt, on */
}

uint64_t board_now_ms(void) {
    uint32_t now = ticks;
    if (now < ticks_before) overflows++;
    ticks_before = now;
    return ((uint64_t)overflows << 32) + now;
}

void board_put(uint8_t byte) {
    while (UART_STATE & UART_TX_FULL) {
    }
    UART_DATA = byte;
}

bool board_get(uint8_t *byte) {
    if (!(UART_STATE & UART_RX_FULL)) return false;
    *byte = (uint8_t)UART_DATA;
    return true;
}

void board_sleep(void) {
    __asm volatile("wfi");
}

void board_reset(void) {
    SCB_AIRCR = 0x05FA0004;
    for (;;) {
    }
}

uint32_t board_starts(void) {
    return starts;
}

/* A nanosecond of QEMU's clock is an instruction, and the timer counts 25 MHz down from the top. */
uint32_t board_instructions(void) {
    static bool on;
    if (!on) {
        TIMER_RELOAD = UINT32_MAX;
        TIMER_VALUE = UINT32_MAX;
        TIMER_CTRL = 1;
        on = true;
    }
    return (UINT32_MAX - TIMER_VALUE) * (1000000000u / CLOCK_HZ);
}

static const uint32_t PAINT = 0xA5A5A5A5;
extern uint32_t __stack_top, __noinit_end;

void board_paint_stack(void) {
    volatile uint32_t *word, *top;
    __asm volatile("mov %0, sp" : "=r"(top));
    for (word = &__noinit_end; word < top; word++) *word = PAINT;
}

uint32_t board_stack_used(void) {
    uint32_t *word = &__noinit_end;
    while (*word == PAINT) word++;
    return (uint32_t)((uint8_t *)&__stack_top - (uint8_t *)word);
}

void board_stop(void) {
    /* Semihosting: SYS_EXIT, ADP_Stopped_ApplicationExit. */
    register uint32_t operation __asm("r0") = 0x18, reason __asm("r1") = 0x20026;
    __asm volatile("bkpt 0xab" : : "r"(operation), "r"(reason) : "memory");
    for (;;) {
    }
}

/* What the C library's abort() would want from an operating system. */
void abort(void) {
    board_reset();
}

int main(void);
extern uint32_t __data_from, __data_start, __data_end, __bss_start, __bss_end;
void reset_handler(void);

void reset_handler(void) {
    uint32_t *from = &__data_from, *to;
    for (to = &__data_start; to < &__data_end;) *to++ = *from++;
    for (to = &__bss_start; to < &__bss_end;) *to++ = 0;
    main();
    board_reset();
}

static void tick(void) {
    ticks++;
}

static void fault(void) {
    board_reset();
}

typedef void (*handler)(void);

__attribute__((section(".vectors"), used)) static const struct {
    uint32_t *stack;
    handler handlers[15];
} vectors = {&__stack_top,
             {reset_handler, fault, fault, fault, fault, fault, NULL, NULL, NULL, NULL, fault,
              fault, NULL, fault, tick}};
