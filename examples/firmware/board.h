/* What a program needs of a board: a clock and a serial line. This one is for Arm's MPS2 boards as
 * QEMU has them (mps2-an386). */
#ifndef BOARD_H
#define BOARD_H

#include <stdbool.h>
#include <stdint.h>

/* Starts the clock and the serial line. */
void board_start(void);
/* Milliseconds since the board started. */
uint64_t board_now_ms(void);
/* Sends one byte; waits while the line is busy. */
void board_put(uint8_t byte);
/* Takes a byte that has arrived. */
bool board_get(uint8_t *byte);
/* Sleeps until an interrupt comes: a millisecond at most. */
void board_sleep(void);
/* Starts the board again. */
void board_reset(void) __attribute__((noreturn));
/* How often the board was started since it has power. */
uint32_t board_starts(void);

/* For measurements on QEMU. Instructions since the clock was started, if QEMU counts them
 * (-icount shift=0); modulo 2^32, to about 40. */
uint32_t board_instructions(void);
/* Fills what is free of the stack, so that it shows afterwards how much was used. */
void board_paint_stack(void);
uint32_t board_stack_used(void);
/* Ends the emulation. */
void board_stop(void) __attribute__((noreturn));

#endif
