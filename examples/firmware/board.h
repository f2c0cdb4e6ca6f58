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

#endif
