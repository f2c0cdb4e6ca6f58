//! An engine on a socket of its own, driven in a thread of its own.

use crate::PATIENCE;
use crate::driver::Driver;
use m2m_base::{Engine, Instant};
use std::net::{SocketAddr, UdpSocket};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

type Command<E> = Box<dyn FnOnce(&mut E, Instant) + Send>;

/// How long a command may wait for a quiet socket.
const LATENCY: Duration = Duration::from_millis(5);

/// What became of the engine's events, in their order, and how many of them were looked at.
struct Notes<N> {
    all: Mutex<(Vec<N>, usize)>,
    more: Condvar,
}

/// The engine, and its notes: what a hook made of each event.
pub struct Background<E: Engine, N> {
    /// Where it is.
    pub address: SocketAddr,
    commands: Option<Sender<Command<E>>>,
    notes: Arc<Notes<N>>,
    thread: Option<JoinHandle<Vec<Vec<u8>>>>,
}

impl<E, N> Background<E, N>
where
    E: Engine + Send + 'static,
    N: Clone + std::fmt::Debug + Send + 'static,
{
    /// Starts an engine on a free port. `hook` gets each event, may command the engine, and gives the note.
    ///
    /// # Panics
    /// If there is no free port.
    pub fn start(
        engine: E,
        hook: impl FnMut(&mut E, Instant, E::Event) -> N + Send + 'static,
    ) -> Self {
        Self::start_on(UdpSocket::bind(crate::loopback(0)).expect("a free port"), engine, hook)
    }

    /// The same on a socket that is there already, so that its port could be made known.
    ///
    /// # Panics
    /// If the socket is not bound.
    pub fn start_on(
        socket: UdpSocket,
        engine: E,
        hook: impl FnMut(&mut E, Instant, E::Event) -> N + Send + 'static,
    ) -> Self {
        let notes = Arc::new(Notes { all: Mutex::new((Vec::new(), 0)), more: Condvar::new() });
        let (commands, from) = channel();
        let address = socket.local_addr().expect("bound");
        let to = Arc::clone(&notes);
        let thread = std::thread::spawn(move || {
            let mut driver = Driver::on(engine, socket);
            run(&mut driver, hook, &from, &to);
            driver.malformed
        });
        Background { address, commands: Some(commands), notes, thread: Some(thread) }
    }

    /// Runs `command` on the engine; gives what it gives.
    ///
    /// # Panics
    /// If the engine's thread failed.
    pub fn call<R: Send + 'static>(
        &self,
        command: impl FnOnce(&mut E, Instant) -> R + Send + 'static,
    ) -> R {
        let (to, from) = channel();
        let boxed: Command<E> = Box::new(move |engine, now| {
            let _ = to.send(command(engine, now));
        });
        let commands = self.commands.as_ref().expect("not stopped");
        commands.send(boxed).expect("a running thread");
        from.recv().expect("a running thread")
    }

    /// Waits for a note that `pick` takes, among those that were not looked at yet.
    ///
    /// # Panics
    /// If none comes within [`PATIENCE`], with all there are.
    pub fn wait<T>(&self, what: &str, mut pick: impl FnMut(&N) -> Option<T>) -> T {
        let end = std::time::Instant::now() + PATIENCE;
        let mut guard = self.notes.all.lock().unwrap();
        loop {
            let (all, read) = &mut *guard;
            while let Some(note) = all.get(*read) {
                *read += 1;
                if let Some(value) = pick(note) {
                    return value;
                }
            }
            let left = end.saturating_duration_since(std::time::Instant::now());
            if left.is_zero() {
                let all: String = all.iter().map(|note| format!("\n  {note:?}")).collect();
                drop(guard);
                panic!("{what}: not within {PATIENCE:?}; there is {all}");
            }
            guard = self.notes.more.wait_timeout(guard, left).unwrap().0;
        }
    }

    /// All notes so far; those not looked at count as looked at now.
    ///
    /// # Panics
    /// If the engine's thread failed.
    pub fn notes(&self) -> Vec<N> {
        let mut guard = self.notes.all.lock().unwrap();
        guard.1 = guard.0.len();
        guard.0.clone()
    }

    /// Ends it and gives its notes.
    ///
    /// # Panics
    /// If the engine's thread failed, or a datagram came in that was no well-formed message.
    pub fn stop(mut self) -> Vec<N> {
        self.commands = None;
        let malformed = self.thread.take().expect("not stopped").join().expect("no panic");
        assert!(malformed.is_empty(), "malformed: {malformed:02x?}");
        self.notes()
    }
}

fn run<E: Engine, N>(
    driver: &mut Driver<E>,
    mut hook: impl FnMut(&mut E, Instant, E::Event) -> N,
    commands: &Receiver<Command<E>>,
    notes: &Notes<N>,
) {
    use std::sync::mpsc::TryRecvError::{Disconnected, Empty};
    loop {
        if let Some(event) = driver.next(LATENCY) {
            let now = driver.now();
            let note = hook(&mut driver.engine, now, event);
            notes.all.lock().unwrap().0.push(note);
            notes.more.notify_all();
        }
        loop {
            match commands.try_recv() {
                Ok(command) => {
                    let now = driver.now();
                    command(&mut driver.engine, now);
                }
                Err(Empty) => break,
                Err(Disconnected) => return,
            }
        }
    }
}

impl<E: Engine, N> Drop for Background<E, N> {
    fn drop(&mut self) {
        self.commands = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
