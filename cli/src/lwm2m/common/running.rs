//! The loop of a server: one thread has the engine and all sockets, another writes the store, and
//! the API hands in what is to be done.

use super::kept::Kept;
use super::managed::Managed;
use crate::driver::Driver;
use crate::failure::Failure;
use crate::output::{Output, Report};
use crate::signals::Signals;
use crate::store::Journal;
use crate::transport::Notice;
use crate::web::{Problem, Tally};
use m2m_base::Engine as _;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

/// How long what is under way may take when the server is asked to stop.
const FAREWELL: Duration = Duration::from_secs(2);
/// How often listeners are written to if nothing happens.
const BEAT: Duration = Duration::from_secs(15);

/// What the tasks of a server share.
pub(crate) trait Shared: 'static {
    /// Its engine.
    type Server: Managed;

    fn driver(&mut self) -> &mut Driver<Kept<Self::Server>>;

    /// Handles one thing that the engine has to tell.
    fn happened(&mut self, event: <Self::Server as m2m_base::Engine>::Event);

    /// Time passes.
    fn beat(&mut self);

    fn engine(&mut self) -> &mut Kept<Self::Server> {
        &mut self.driver().engine
    }
}

/// Handles all that the engine and the sockets have to tell. True if there was anything.
fn attend<C: Shared>(core: &mut C, broker: &mut Option<Broker>) -> bool {
    let mut any = false;
    core.driver().look();
    while let Some(event) = core.engine().poll_event() {
        any = true;
        core.happened(event);
    }
    while let Some(notice) = core.driver().notice() {
        any = true;
        match notice {
            Notice::Down(peer, _) => {
                let now = core.driver().now();
                core.engine().forget_peer(now, peer);
            }
            Notice::Broker(state) => {
                if let Some(broker) = broker {
                    broker.tell(state);
                }
            }
            Notice::Up(_) => {}
        }
    }
    any
}

/// Something to do with what is shared.
pub(crate) type Command<C> = Box<dyn FnOnce(&mut C)>;

/// Gives work to the task that has the engine.
#[derive(Debug)]
pub(crate) struct Site<C> {
    to: UnboundedSender<Command<C>>,
    /// What the API has answered.
    pub(crate) tally: Tally,
}

impl<C: Shared> Site<C> {
    /// A site, and where its commands arrive.
    pub(crate) fn new() -> (Site<C>, UnboundedReceiver<Command<C>>) {
        let (to, commands) = unbounded_channel();
        (Site { to, tally: Tally::default() }, commands)
    }

    /// Has something done, and waits until what it changed is on the disk.
    pub(crate) async fn with<R: 'static>(
        &self,
        work: impl FnOnce(&mut C) -> R + 'static,
    ) -> Result<R, Problem> {
        let (to, answer) = oneshot::channel();
        let command: Command<C> = Box::new(move |core| {
            let result = work(core);
            // Who asked may have gone.
            core.engine().when_kept(Box::new(move || drop(to.send(result))));
        });
        // If nobody takes it, the other end of the answer is dropped.
        let _ = self.to.send(command);
        answer.await.map_err(|_| Problem::new(503, "the server stops"))
    }

    /// The same for what can go wrong.
    pub(crate) async fn attempt<R: 'static>(
        &self,
        work: impl FnOnce(&mut C) -> Result<R, Problem> + 'static,
    ) -> Result<R, Problem> {
        self.with(work).await?
    }
}

/// What is told of the broker.
pub(crate) struct Broker {
    uri: String,
    out: Rc<Output>,
    /// It is known to be there, or not to be.
    is_up: Option<bool>,
}

impl Broker {
    pub(crate) fn new(uri: String, out: &Rc<Output>) -> Broker {
        Broker { uri, out: out.clone(), is_up: None }
    }

    /// It is tried again and again; that is told once.
    fn tell(&mut self, state: Result<(), String>) {
        let uri = &self.uri;
        if self.is_up.replace(state.is_ok()) == Some(state.is_ok()) {
            return;
        }
        let report = Report::new("broker", "").with("uri", uri.clone());
        self.out.tell(&match state {
            Ok(()) => report.says("server", "listens", format!("by {uri}")).with("connected", true),
            Err(why) => report
                .says("server", "misses", format!("{uri}: {why}"))
                .trouble()
                .with("connected", false)
                .with("reason", why),
        });
    }
}

/// A server at work.
pub(crate) struct Running<C> {
    pub(crate) core: C,
    pub(crate) commands: UnboundedReceiver<Command<C>>,
    pub(crate) journal: Option<Journal>,
    pub(crate) broker: Option<Broker>,
}

impl<C: Shared> Running<C> {
    /// Runs until a signal, or until nobody reads the output.
    pub(crate) async fn until(
        &mut self,
        signals: &mut Signals,
        out: &Output,
    ) -> Result<(), Failure> {
        let mut beat = tokio::time::interval(BEAT);
        while !out.closed() {
            tokio::select! {
                turned = self.turn() => turned?,
                _ = beat.tick() => self.core.beat(),
                () = signals.wait() => break,
            }
        }
        // What was acknowledged to nobody yet may still be.
        let end = tokio::time::Instant::now() + FAREWELL;
        while !self.core.engine().is_settled() {
            match tokio::time::timeout_at(end, self.turn()).await {
                Ok(turned) => turned?,
                Err(_) => break,
            }
        }
        self.core.driver().flush()
    }

    /// Waits until there is something to do, and does it. Dropping the future loses nothing.
    async fn turn(&mut self) -> Result<(), Failure> {
        let Running { core, commands, journal, broker } = self;
        let committed = async {
            match journal {
                Some(journal) => journal.committed().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            turned = core.driver().turn(None) => turned?,
            Some(command) = commands.recv() => command(core),
            done = committed => {
                core.engine().committed(done?);
            }
        }
        while let Ok(command) = commands.try_recv() {
            command(core);
        }
        // To send can be news too: a context of OSCORE asks for its next numbers.
        while attend(core, broker) {
            core.driver().flush()?;
        }
        if let Some(journal) = journal {
            let now = core.driver().now();
            if let Some(changes) = core.engine().begin(now) {
                journal.commit(changes);
            }
        }
        Ok(())
    }
}
