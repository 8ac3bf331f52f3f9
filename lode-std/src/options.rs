//! The options that volumes and datasets are opened with alike.

/// The methods of a builder with the fields `checksum`, `checksums`, `grace_period` and `writer`.
macro_rules! shared_options {
    () => {
        /// The algorithm of its checksums. If it is created, `xxh3-128` by default, and `md5` for a
        /// volume in JSON: the Go implementation comes with no other.
        pub fn checksum(mut self, algorithm: lode_core::checksum::Algorithm) -> Self {
            self.checksums = self.checksums.with(algorithm);
            self.checksum = Some(algorithm);
            self
        }

        /// The checksum algorithms that the handle knows; those that come with Lode, by default.
        pub fn checksums(mut self, checksums: $crate::Checksums) -> Self {
            self.checksums = checksums;
            self
        }

        /// For how long a collection spares what has been staged and not been committed yet, in whole
        /// seconds. It decides only how courteous collections are: what has waited for longer may
        /// have to be staged again. A day, if it is created.
        pub fn grace_period(mut self, period: std::time::Duration) -> Self {
            self.grace_period = Some(period);
            self
        }

        /// What to do about conflicts and lost replies; [`Retry::none`](crate::Retry::none) by
        /// default.
        pub fn retry(mut self, retry: $crate::Retry) -> Self {
            self.writer.retry = retry;
            self
        }

        /// Promises that this handle is the only writer, so that a store will do that ignores
        /// conditions. If the promise is broken, acknowledged commits are lost.
        pub fn single_writer(mut self) -> Self {
            self.writer.single_writer = true;
            self
        }

        /// The clock; the system's by default.
        pub fn clock(mut self, clock: std::sync::Arc<dyn $crate::Clock>) -> Self {
            self.writer.clock = clock;
            self
        }

        /// Where random bits come from; the system by default.
        pub fn entropy(mut self, entropy: std::sync::Arc<dyn $crate::Entropy>) -> Self {
            self.writer.entropy = entropy;
            self
        }
    };
}
pub(crate) use shared_options;
