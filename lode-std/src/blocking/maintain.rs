//! Maintenance.

use std::time::Duration;

use super::Blocking;
use crate::maintain::{Garbage, Lease, Maintenance, Plan, Report, Retention, TagInfo};
use crate::{Error, Version};

impl Blocking<Maintenance> {
    /// See [`Maintenance::plan`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn plan(&self, rules: &Retention) -> Result<Plan, Error> {
        self.runtime.wait(self.handle.plan(rules))
    }

    /// See [`Maintenance::rehearse`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn rehearse(
        &self,
        rules: &Retention,
        watch: impl FnMut(Garbage) + Send,
    ) -> Result<Report, Error> {
        self.runtime.wait(self.handle.rehearse(rules, watch))
    }

    /// See [`Maintenance::collect`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn collect(&self, rules: &Retention) -> Result<Report, Error> {
        self.runtime.wait(self.handle.collect(rules))
    }

    /// See [`Maintenance::tag`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn tag(&self, name: &str, version: Version) -> Result<(), Error> {
        self.runtime.wait(self.handle.tag(name, version))
    }

    /// See [`Maintenance::untag`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn untag(&self, name: &str) -> Result<(), Error> {
        self.runtime.wait(self.handle.untag(name))
    }

    /// See [`Maintenance::tags`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn tags(&self) -> Result<Vec<TagInfo>, Error> {
        self.runtime.wait(self.handle.tags())
    }

    /// See [`Maintenance::hold`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn hold(&self, version: Version, duration: Duration) -> Result<Lease, Error> {
        self.runtime.wait(self.handle.hold(version, duration))
    }

    /// See [`Maintenance::release`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn release(&self, lease: Lease) -> Result<(), Error> {
        self.runtime.wait(self.handle.release(lease))
    }
}
