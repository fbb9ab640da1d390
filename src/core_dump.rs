//! Keeps keys out of core dumps.
//!
//! # Why
//! A dump is a file with everything in memory. `carto` holds a key from its first instruction when
//! the key comes in a variable, so dumps are off from the start and not only around a key. The
//! limit is inherited, so programs that `carto` starts for the user get back the one it was given.
//!
//! On Linux the process is also marked as not dumpable: the limit does not hold where dumps are
//! piped to a program, and the mark keeps other programs of the same user away from its memory and
//! its `/proc/PID/environ`. The mark ends with the start of another program, so nothing has to be
//! taken back.

#[cfg(unix)]
mod limit {
    use std::sync::OnceLock;

    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    /// The limit that this process was started with; it is the process's, so there is one.
    static GIVEN: OnceLock<Rlimit> = OnceLock::new();

    pub(super) fn forbid() {
        let given = GIVEN.get_or_init(|| getrlimit(Resource::Core));
        // Most machines start programs without dumps: that is one system call less.
        if given.current != Some(0) {
            // Lowering cannot fail; and there would be nothing better to do than to go on.
            _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: given.maximum });
        }
    }

    pub(super) fn give_back() {
        if let Some(given) = GIVEN.get().filter(|given| given.current != Some(0)) {
            _ = setrlimit(Resource::Core, *given);
        }
    }
}

/// Switches dumps of this process off.
pub fn forbid() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        // Without it the limit still holds.
        _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
    #[cfg(unix)]
    limit::forbid();
}

/// Starts a program with the limit that this process was given, and gives what came of it.
pub fn with_given_limit<T>(start: impl FnOnce() -> T) -> T {
    #[cfg(unix)]
    limit::give_back();
    let started = start();
    #[cfg(unix)]
    limit::forbid();
    started
}
