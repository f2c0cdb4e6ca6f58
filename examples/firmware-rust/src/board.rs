//! What the program needs of a board: a clock and a serial line. This one is Arm's MPS2 (AN386), as
//! QEMU has it.

use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicU32, Ordering};

use cortex_m::peripheral::SCB;
use cortex_m::peripheral::syst::SystClkSource;
use cortex_m_rt::{ExceptionFrame, exception};
use m2m_base::Instant;

const CLOCK_HZ: u32 = 25_000_000;

/// The serial line: CMSDK UART 0, and its registers in words.
const UART: usize = 0x4000_4000;
const DATA: usize = 0;
const STATE: usize = 1;
const CTRL: usize = 2;
const BAUDDIV: usize = 4;
const TX_FULL: u32 = 1;
const RX_FULL: u32 = 2;
const TX_RX_ENABLE: u32 = 3;

static TICKS: AtomicU32 = AtomicU32::new(0);

/// How often the board was started since it has power, and its complement: they survive a reset.
#[unsafe(link_section = ".uninit.starts")]
static mut STARTS: MaybeUninit<[u32; 2]> = MaybeUninit::uninit();

fn register(at: usize) -> *mut u32 {
    (UART as *mut u32).wrapping_add(at)
}

fn read(at: usize) -> u32 {
    // SAFETY: a register of the UART, which this program alone uses.
    unsafe { register(at).read_volatile() }
}

fn write(at: usize, value: u32) {
    // SAFETY: as above.
    unsafe { register(at).write_volatile(value) }
}

/// The board, started.
pub(crate) struct Board {
    starts: u32,
    before: u32,
    overflows: u32,
}

impl Board {
    /// Starts the clock and the serial line. None the second time.
    pub(crate) fn start() -> Option<Board> {
        let mut core = cortex_m::Peripherals::take()?;
        core.SYST.set_clock_source(SystClkSource::Core);
        core.SYST.set_reload(CLOCK_HZ / 1000 - 1);
        core.SYST.clear_current();
        core.SYST.enable_interrupt();
        core.SYST.enable_counter();
        write(BAUDDIV, 16);
        write(CTRL, TX_RX_ENABLE);
        Some(Board { starts: count_start(), before: 0, overflows: 0 })
    }

    /// How often the board was started since it has power.
    pub(crate) fn starts(&self) -> u32 {
        self.starts
    }

    /// The time since it started.
    pub(crate) fn now(&mut self) -> Instant {
        let ticks = TICKS.load(Ordering::Relaxed);
        self.overflows += u32::from(ticks < self.before);
        self.before = ticks;
        Instant::from_millis(u64::from(self.overflows) << 32 | u64::from(ticks))
    }
}

fn count_start() -> u32 {
    // SAFETY: called once, and nothing else touches it. Any 8 bytes are two numbers.
    unsafe {
        let place = (&raw mut STARTS).cast::<[u32; 2]>();
        let [count, check] = place.read_volatile();
        let starts = if check == !count { count.wrapping_add(1) } else { 1 };
        place.write_volatile([starts, !starts]);
        starts
    }
}

/// Sends one byte; waits while the line is busy.
pub(crate) fn put(byte: u8) {
    while read(STATE) & TX_FULL != 0 {}
    write(DATA, byte.into());
}

/// Takes a byte that has arrived.
pub(crate) fn get() -> Option<u8> {
    let [byte, ..] = (read(STATE) & RX_FULL != 0).then(|| read(DATA).to_le_bytes())?;
    Some(byte)
}

/// Sleeps until an interrupt comes: a millisecond at most.
pub(crate) fn sleep() {
    cortex_m::asm::wfi();
}

/// Starts the board again.
pub(crate) fn reset() -> ! {
    SCB::sys_reset()
}

#[exception]
fn SysTick() {
    TICKS.store(TICKS.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
}

#[exception]
unsafe fn HardFault(_: &ExceptionFrame) -> ! {
    reset()
}
