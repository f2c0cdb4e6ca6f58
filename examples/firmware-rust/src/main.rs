//! A thermometer: an LwM2M client on a microcontroller, without an operating system.
//!
//! Its datagrams go over a serial line in SLIP frames, one datagram a frame, to `m2m bridge`, which
//! sends them on over UDP. All memory is one static arena, from which the client reserves what it
//! needs when it is made.
#![no_std]
#![no_main]

mod board;
mod slip;

use core::mem::MaybeUninit;

use board::Board;
use coap_core::Code;
use cortex_m_rt::entry;
use embedded_alloc::LlffHeap;
use lwm2m_core::client::{Client, Config, Event, Limits, ServerAccount};
use lwm2m_core::{Path, Value, object};
use m2m_base::{Duration, Instant, PeerId, Seed};

const ARENA: usize = 7168;
const DATAGRAM: usize = 256;
const SERVER: PeerId = PeerId(1);
const REBOOT: Path = Path::resource(3, 0, 4);
const TEMPERATURE: Path = Path::resource(3303, 0, 5700);

#[global_allocator]
static HEAP: LlffHeap = LlffHeap::empty();

/// Numbers that peers must not be able to guess. This board has no source of them: a product puts its
/// generator here. What changes from start to start keeps message IDs and tokens apart.
fn make_seed(board: &Board) -> Seed {
    let mut seed = [0x5A; 32];
    for (to, from) in seed.iter_mut().zip(board.starts().to_le_bytes()) {
        *to = from;
    }
    Seed(seed)
}

/// The client, with its objects and its account.
fn make_client(now: Instant, seed: &Seed) -> Option<Client> {
    // Temperature; 0, 1 and 3 are always there.
    let objects = [&object::TEMPERATURE];
    let mut config = Config::new("thermometer");
    config.objects = &objects;
    config.limits = Limits::SMALL;
    let mut client = Client::new(&config, seed).ok()?;
    client.add_instance(now, Path::instance(3303, 0)).ok()?;
    for (path, text) in [
        (Path::resource(3, 0, 0), "Example Instruments"),
        (Path::resource(3303, 0, 5701), "Cel"),
        (Path::resource(3303, 0, 5750), "boiler"), // servers may write it
    ] {
        client.set(now, path, Value::string(text)).ok()?;
    }
    let mut account = ServerAccount::new(1, SERVER, "coap://bridge");
    account.lifetime = 60;
    client.add_server(now, &account).ok()?;
    client.start(now);
    Some(client)
}

/// From 18 to 24 degrees and back in 24 seconds, as a sensor's table would have it.
fn measure(now: Instant) -> f64 {
    const CELSIUS: [f64; 13] =
        [18.0, 18.5, 19.0, 19.5, 20.0, 20.5, 21.0, 21.5, 22.0, 22.5, 23.0, 23.5, 24.0];
    let step = (now - Instant::ZERO).as_millis() / 1000 % 24;
    let step = if step <= 12 { step } else { 24 - step };
    usize::try_from(step).ok().and_then(|step| CELSIUS.get(step)).copied().unwrap_or(18.0)
}

/// The loop: bytes and time in, bytes and events out. It ends where the board is to start again.
fn run(board: &mut Board) -> Option<()> {
    let mut frame = slip::Frame::<DATAGRAM>::EMPTY;
    let mut out = [0; DATAGRAM];
    let mut next_measurement = Instant::ZERO;
    let mut reboot_at = None;
    let mut client = make_client(board.now(), &make_seed(board))?;
    loop {
        let now = board.now();
        let mut idle = true;
        if let Some(datagram) = frame.receive() {
            client.handle_datagram(now, SERVER, datagram);
            idle = false;
        }
        client.handle_timeout(now);
        if now >= next_measurement {
            client.set(now, TEMPERATURE, Value::Float(measure(now))).ok()?;
            next_measurement = now + Duration::from_secs(1);
        }
        while let Some(event) = client.poll_event() {
            if let Event::Executed { id, path, .. } = event {
                let reboot = path == REBOOT;
                let answer = if reboot { Ok(()) } else { Err(Code::METHOD_NOT_ALLOWED) };
                client.answer_execute(now, id, answer).ok()?;
                // Half a second for the answer to get out.
                reboot_at = reboot_at.or(reboot.then(|| now + Duration::from_millis(500)));
            }
        }
        while let Ok(Some(transmit)) = client.poll_transmit(now, &mut out) {
            slip::send(out.get(..transmit.len)?);
        }
        if reboot_at.is_some_and(|at| now >= at) {
            return Some(());
        }
        if idle {
            board::sleep();
        }
    }
}

#[entry]
fn main() -> ! {
    static mut ARENA_BYTES: [MaybeUninit<u8>; ARENA] = [MaybeUninit::uninit(); ARENA];
    // SAFETY: once, before anything is allocated; the memory is the heap's alone.
    unsafe { HEAP.init((&raw mut *ARENA_BYTES) as usize, ARENA) };
    if let Some(mut board) = Board::start() {
        let _ = run(&mut board);
    }
    board::reset()
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    board::reset()
}
