//! Takes a program that is waited for along when `carto` is asked to end.
//!
//! # Why
//! Ctrl-C reaches both, as they are in one process group. `kill` and supervisors name `carto` alone,
//! and a helper that goes on asking for a passphrase nobody wants any more would stay. A thread waits
//! for the signal, as handlers cannot be set without unsafe code.

use std::io;
use std::os::unix::thread::JoinHandleExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use nix::sys::pthread::{Pthread, pthread_kill};
use nix::sys::signal::{SigSet, SigmaskHow, Signal, kill, raise};
use nix::unistd::Pid;

/// Wakes the thread; ignored by everyone else.
const WAKE: Signal = Signal::SIGURG;

/// Holds SIGTERM back as long as it lives; then the signal does what it does.
pub(super) struct Termination {
    before: SigSet,
    asked: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Termination {
    /// Begins to hold the signal back.
    pub(super) fn watch() -> io::Result<Self> {
        let mut held = SigSet::empty();
        held.add(Signal::SIGTERM);
        held.add(WAKE);
        let before = held.thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
        let asked = Arc::new(AtomicBool::new(false));
        let mut termination = Termination { before, asked: Arc::clone(&asked), thread: None };
        let wait = move || {
            if held.wait() == Ok(Signal::SIGTERM) {
                asked.store(true, Ordering::SeqCst);
            }
        };
        termination.thread = Some(std::thread::Builder::new().spawn(wait)?);
        Ok(termination)
    }

    /// Whether the signal has come.
    pub(super) fn is_asked(&self) -> bool {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Drop for Termination {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            // It has ended already when the signal came.
            // With musl the two have different types for it.
            _ = pthread_kill(thread.as_pthread_t() as Pthread, WAKE);
            _ = thread.join();
        }
        _ = self.before.thread_set_mask();
        if self.is_asked() {
            _ = raise(Signal::SIGTERM);
        }
    }
}

/// Hands the signal on.
pub(super) fn ask_to_end(id: u32) {
    if let Ok(id) = i32::try_from(id) {
        _ = kill(Pid::from_raw(id), Signal::SIGTERM);
    }
}

/// Lets a thread that writes into a pipe fail, instead of ending the process, when nobody reads.
pub(super) fn ignore_closed_pipes() {
    let mut pipes = SigSet::empty();
    pipes.add(Signal::SIGPIPE);
    _ = pipes.thread_block();
}
