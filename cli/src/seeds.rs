//! Where randomness comes from: the operating system, or a number given for a test.

use crate::failure::Failure;
use m2m_base::{Random, Seed};

/// Gives seed after seed, to each engine its own.
#[derive(Debug)]
pub(crate) struct Seeds(Random);

impl Seeds {
    /// Seeds that follow from `fixed`, or that nobody can foresee.
    pub(crate) fn new(fixed: Option<u64>) -> Result<Self, Failure> {
        let mut bytes = [0; 32];
        match fixed {
            Some(number) => {
                for (to, from) in bytes.iter_mut().zip(number.to_le_bytes()) {
                    *to = from;
                }
            }
            None => getrandom::fill(&mut bytes).map_err(|error| {
                Failure::new(format!("the system gives no random numbers: {error}"))
            })?,
        }
        Ok(Seeds(Random::new(&Seed(bytes))))
    }

    /// A source of seeds of its own, for one of several devices.
    pub(crate) fn child(&mut self) -> Seeds {
        Seeds(Random::new(&self.next()))
    }

    /// The next seed.
    pub(crate) fn next(&mut self) -> Seed {
        let mut seed = Seed([0; 32]);
        self.0.fill(&mut seed.0);
        seed
    }
}
