//! A reader that looks for the head.

use lode_core::commit::{Resolution, Resolve, ResolveStep};

use crate::setup::Setup;
use crate::store::Blocks;
use crate::world::{Broken, World};

/// A reader, and the blocks that were promised before it began.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Reader {
    Absent,
    Waiting,
    Looking { step: ResolveStep, promised: Blocks },
}

impl World {
    pub(crate) fn begin_reading(setup: &Setup) -> ResolveStep {
        let (machine, look) = Resolve::cold(setup.rules.density);
        ResolveStep::Look(machine, look)
    }

    /// Begins to read, or goes on with what was seen.
    pub(crate) fn read(&mut self, setup: &Setup, step: ResolveStep) -> Result<(), Broken> {
        let promised = match self.reader {
            Reader::Looking { promised, .. } => promised,
            Reader::Absent | Reader::Waiting => self.acknowledged,
        };
        self.reader = Reader::Looking { step, promised };
        let ResolveStep::Done(resolution) = step else { return Ok(()) };
        self.reader = Reader::Absent;
        let (blocks, _) = match resolution {
            Resolution::At(position) if self.can_read(position) => self.found_at(position),
            // It needs a repair.
            _ if self.damages < setup.damages => return Ok(()),
            Resolution::Failed if self.faults < setup.faults => return Ok(()),
            _ => return Err(Broken::Unseen),
        };
        let promised = promised & !self.excused;
        if blocks & promised == promised { Ok(()) } else { Err(Broken::Unseen) }
    }
}
