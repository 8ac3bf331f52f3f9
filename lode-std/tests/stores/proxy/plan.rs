//! Which request suffers what.

use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

use fastrand::Rng;
use hyper::StatusCode;

/// What happens to a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// The server gets it later, and the client its answer.
    Delay(Duration),
    /// The server never gets it.
    DropBefore,
    /// The client never gets the answer.
    DropAfter,
    /// The server gets it after the client has given it up.
    Late,
    /// The client gets half of the answer.
    CutBody,
    /// The client gets another answer.
    Reply {
        /// Which.
        status: StatusCode,
        /// Whether the server gets the request all the same.
        applied: bool,
    },
}

/// Decides by a seed.
pub(crate) struct Plan {
    /// How many of a thousand requests suffer each of the kinds.
    rate: u64,
    state: Mutex<State>,
}

struct State {
    random: Rng,
    passed: u64,
    suffered: Vec<(Fault, u64)>,
}

const STATUSES: [StatusCode; 4] = [
    StatusCode::INTERNAL_SERVER_ERROR,
    StatusCode::SERVICE_UNAVAILABLE,
    StatusCode::CONFLICT,
    StatusCode::TOO_MANY_REQUESTS,
];

impl Plan {
    /// No faults at all.
    pub(crate) fn calm() -> Self {
        Self::new(0, 0)
    }

    /// `percent` of the requests suffer, each kind of fault being as likely as every other.
    pub(crate) fn new(seed: u64, percent: u64) -> Self {
        let mut suffered = vec![
            (Fault::Delay(Duration::from_millis(50)), 0),
            (Fault::DropBefore, 0),
            (Fault::DropAfter, 0),
            (Fault::Late, 0),
            (Fault::CutBody, 0),
        ];
        for status in STATUSES {
            for applied in [false, true] {
                suffered.push((Fault::Reply { status, applied }, 0));
            }
        }
        let random = Rng::with_seed(seed);
        Self { rate: percent * 10, state: Mutex::new(State { random, passed: 0, suffered }) }
    }

    /// What happens to the next request.
    pub(crate) fn next(&self) -> Fault {
        let mut state = self.state.lock().unwrap();
        let random = state.random.u64(..);
        if random % 1000 >= self.rate {
            state.passed += 1;
            return Fault::None;
        }
        let kind = (random / 1000) as usize % state.suffered.len();
        let (fault, count) = &mut state.suffered[kind];
        *count += 1;
        *fault
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state.lock().unwrap();
        write!(f, "{} requests passed", state.passed)?;
        state.suffered.iter().try_for_each(|(fault, count)| write!(f, ", {fault:?} {count}"))
    }
}
