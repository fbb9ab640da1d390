//! Asks a person for a key, without echo, and leaves the terminal as it was whatever comes.
//!
//! # Why
//! `readpassphrase(3)` is the model: every signal that ends or stops a program first puts the terminal
//! back, then takes its course; after a stop the prompt is there again. `rpassword` restores nothing
//! but what it meets itself, so a shell was left without echo after SIGTERM, SIGHUP or Ctrl-Z. It
//! serves Windows alone.

/// Asks for a line behind this text.
///
/// # Errors
/// There is no terminal, or nobody types anything.
#[cfg(not(unix))]
pub(super) fn ask(prompt: &str) -> std::io::Result<String> {
    rpassword::prompt_password(prompt)
}

#[cfg(unix)]
pub(super) use unix::ask;

#[cfg(unix)]
mod unix {
    use std::fs::File;
    use std::io::{self, PipeReader, PipeWriter, Read as _, Write as _};
    use std::os::unix::thread::JoinHandleExt as _;
    use std::thread::JoinHandle;

    use nix::sys::pthread::{Pthread, pthread_kill};
    use nix::sys::signal::{SigSet, SigmaskHow, Signal, raise};
    use rustix::event::{PollFd, PollFlags, poll};
    use rustix::io::{Errno, retry_on_intr};
    use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

    /// What ends or stops a program from outside, and can be waited for.
    const SIGNALS: [Signal; 5] =
        [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT, Signal::SIGTSTP];
    /// Wakes the thread that waits; ignored by everyone else.
    const WAKE: Signal = Signal::SIGURG;
    /// The longest line that is read, in bytes.
    const LONGEST: usize = 64 * 1024;

    /// Asks for a line behind this text.
    ///
    /// # Errors
    /// There is no terminal, or nobody types anything.
    pub(in crate::resolve) fn ask(prompt: &str) -> io::Result<String> {
        let terminal = File::options().read(true).write(true).open("/dev/tty")?;
        let mut signals = Signals::hold()?;
        loop {
            let silent = Silent::begin(&terminal)?;
            (&terminal).write_all(prompt.as_bytes())?;
            let read = read_line(&terminal, &signals);
            drop(silent);
            // The line end that was typed had no echo either.
            (&terminal).write_all(b"\n")?;
            match read? {
                Heard::Line(line) => return Ok(line),
                Heard::Signal(signal) => signals.take_course(signal)?,
            }
        }
    }

    /// What came first.
    enum Heard {
        Line(String),
        Signal(Signal),
    }

    /// Reads a line, as long as no signal comes.
    fn read_line(mut terminal: &File, signals: &Signals) -> io::Result<Heard> {
        let mut line = Vec::new();
        loop {
            let mut ready =
                [PollFd::new(&signals.came, PollFlags::IN), PollFd::new(terminal, PollFlags::IN)];
            retry_on_intr(|| poll(&mut ready, None))?;
            if !ready[0].revents().is_empty() {
                return signals.next().map(Heard::Signal);
            }
            let mut part = [0; 1024];
            let count = match terminal.read(&mut part) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                result => result?,
            };
            line.extend_from_slice(&part[..count]);
            if count == 0 && line.is_empty() {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "nothing was typed"));
            }
            if count == 0 || line.ends_with(b"\n") {
                let text = String::from_utf8(line);
                return text.map(Heard::Line).map_err(|_| {
                    io::Error::new(io::ErrorKind::InvalidData, "what was typed is not UTF-8")
                });
            }
            if line.len() > LONGEST {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "the line is too long"));
            }
        }
    }

    /// A terminal without echo, as long as it lives.
    struct Silent<'a> {
        terminal: &'a File,
        before: Termios,
    }

    impl<'a> Silent<'a> {
        fn begin(terminal: &'a File) -> io::Result<Self> {
            let before = retry_on_intr(|| tcgetattr(terminal))?;
            let mut silent = before.clone();
            silent.local_modes.remove(LocalModes::ECHO | LocalModes::ECHONL);
            // Signals stay on: Ctrl-C and Ctrl-Z do what they do anywhere.
            set(terminal, OptionalActions::Now, &silent)?;
            Ok(Silent { terminal, before })
        }
    }

    impl Drop for Silent<'_> {
        fn drop(&mut self) {
            _ = set(self.terminal, OptionalActions::Now, &self.before);
        }
    }

    fn set(terminal: &File, when: OptionalActions, modes: &Termios) -> Result<(), Errno> {
        retry_on_intr(|| tcsetattr(terminal, when, modes))
    }

    /// Holds signals back as long as it lives. A thread waits for them, as handlers cannot be set
    /// without unsafe code.
    struct Signals {
        held: SigSet,
        before: SigSet,
        came: PipeReader,
        thread: Option<JoinHandle<()>>,
    }

    impl Signals {
        fn hold() -> io::Result<Self> {
            let held: SigSet = SIGNALS.into_iter().collect();
            let mut waited = held;
            waited.add(WAKE);
            let (came, tell) = io::pipe()?;
            let before = waited.thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
            let mut signals = Signals { held, before, came, thread: None };
            let wait = move || wait(&waited, tell);
            signals.thread = Some(std::thread::Builder::new().spawn(wait)?);
            Ok(signals)
        }

        fn next(&self) -> io::Result<Signal> {
            let mut number = [0];
            (&self.came).read_exact(&mut number)?;
            Ok(Signal::try_from(i32::from(number[0]))?)
        }

        /// Lets a signal do what it does; comes back where it stopped the program, which goes on, and
        /// where it is ignored.
        fn take_course(&mut self, signal: Signal) -> io::Result<()> {
            let mut one = SigSet::empty();
            one.add(signal);
            one.thread_swap_mask(SigmaskHow::SIG_UNBLOCK)?;
            raise(signal)?;
            self.held.thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
            Ok(())
        }
    }

    /// Tells of each signal that comes, until it is woken.
    fn wait(waited: &SigSet, mut tell: PipeWriter) {
        while let Ok(signal) = waited.wait() {
            let number = u8::try_from(signal as i32).unwrap_or_default();
            if signal == WAKE || tell.write_all(&[number]).is_err() {
                return;
            }
        }
    }

    impl Drop for Signals {
        fn drop(&mut self) {
            if let Some(thread) = self.thread.take() {
                // With musl the two have different types for it.
                _ = pthread_kill(thread.as_pthread_t() as Pthread, WAKE);
                _ = thread.join();
            }
            _ = self.before.thread_set_mask();
        }
    }
}
