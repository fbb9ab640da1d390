//! Runs a program for what it prints, and waits for it without losing anything of it.

use std::io::{self, Read, Write as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use crate::invocation::Invocation;
use crate::secret::Secret;

/// How much a program may print, in bytes.
pub(in crate::credential) const LIMIT: usize = 64 * 1024;
/// How much of standard error is kept, in bytes.
const STDERR_LIMIT: usize = 8 * 1024;
/// When the user is told what is waited for.
pub(super) const PATIENCE: Duration = Duration::from_secs(3);
/// How long output is waited for after the program has ended: one that it started and left behind
/// (an agent) may hold its output open for ever.
const LINGER: Duration = Duration::from_secs(1);
/// How often is looked whether the program has ended, when its output tells nothing.
const STEP: Duration = Duration::from_millis(20);

/// What a program reads. It may be a key, so it has no `Debug`.
#[derive(Clone, Copy)]
pub(in crate::credential) enum Input<'a> {
    /// The terminal, for programs that ask; nothing where standard input is none: what is piped into
    /// `carto` is not theirs.
    Terminal,
    /// This text.
    Text(&'a str),
}

/// What a program did. Its output may be a key, so it has no `Debug`.
pub(in crate::credential) struct ProgramEnd {
    /// How it ended.
    pub(in crate::credential) status: ExitStatus,
    /// Standard output; more than [`LIMIT`] bytes when it printed too much.
    pub(in crate::credential) stdout: Vec<u8>,
    /// The beginning of standard error.
    pub(in crate::credential) stderr: Vec<u8>,
}

/// What is seen of a program.
enum ChildEvent {
    Stdout(Vec<u8>),
    Stderr(Vec<u8>),
    StdoutEnds,
    StderrEnds,
}

/// Runs a program to its end.
///
/// # Errors
/// It does not start, or cannot be watched.
pub(in crate::credential) fn run(
    mut command: Command,
    input: Input,
    waiting: &dyn Fn(),
) -> io::Result<ProgramEnd> {
    let stdin = match input {
        Input::Text(_) => Stdio::piped(),
        Input::Terminal if Invocation::stdin_is_terminal() => Stdio::inherit(),
        Input::Terminal => Stdio::null(),
    };
    command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let watched = watch(&mut child, input, waiting);
    if watched.is_err() {
        end(&mut child);
    }
    watched
}

fn watch(child: &mut Child, input: Input, waiting: &dyn Fn()) -> io::Result<ProgramEnd> {
    // The program must not inherit what is blocked here, so it was started before.
    #[cfg(unix)]
    let termination = super::termination::Termination::watch()?;
    let (tell, events) = sync_channel(16);
    if let (Some(mut stdin), Input::Text(text)) = (child.stdin.take(), input) {
        let text = text.to_owned();
        // In a thread of its own, which takes no harm when nobody reads.
        background(move || {
            #[cfg(unix)]
            super::termination::ignore_closed_pipes();
            _ = stdin.write_all(text.as_bytes());
        })?;
    }
    if let Some(stdout) = child.stdout.take() {
        forward(stdout, ChildEvent::Stdout, ChildEvent::StdoutEnds, tell.clone())?;
    }
    if let Some(stderr) = child.stderr.take() {
        forward(stderr, ChildEvent::Stderr, ChildEvent::StderrEnds, tell.clone())?;
    }
    let mut seen = Seen::default();
    let begin = Instant::now();
    let mut told = false;
    let status = loop {
        seen.take_next(&events);
        #[cfg(unix)]
        if termination.is_asked() {
            end_politely(child);
            return Err(io::ErrorKind::Interrupted.into());
        }
        if seen.stdout.len() > LIMIT {
            end(child);
        }
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if !told && begin.elapsed() >= PATIENCE {
            waiting();
            told = true;
        }
    };
    seen.take_rest(&events, status);
    // The threads end when nobody listens any more, or with this process.
    Ok(ProgramEnd { status, stdout: seen.stdout, stderr: seen.stderr })
}

/// What was printed so far.
#[derive(Default)]
struct Seen {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    stdout_ended: bool,
    stderr_ended: bool,
}

impl Seen {
    /// Waits a moment for the next event; less when there is nothing left to print but the end.
    fn take_next(&mut self, events: &Receiver<ChildEvent>) {
        let moment = if self.stdout_ended { Duration::from_millis(1) } else { STEP };
        match events.recv_timeout(moment) {
            Ok(event) => self.take(event),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => std::thread::sleep(moment),
        }
    }

    /// Takes what the program printed before it ended, and waits a little for the end of it.
    fn take_rest(&mut self, events: &Receiver<ChildEvent>, status: ExitStatus) {
        let end = Instant::now() + LINGER;
        while !(self.stdout_ended && (self.stderr_ended || status.success() && self.is_key())) {
            let left = end.saturating_duration_since(Instant::now());
            match events.recv_timeout(left) {
                Ok(event) => self.take(event),
                Err(_) => break,
            }
        }
    }

    /// Whether what was printed can be the key: what a program says beside it is not shown then.
    fn is_key(&self) -> bool {
        std::str::from_utf8(&self.stdout).is_ok_and(|text| Secret::new(text).is_ok())
    }

    fn take(&mut self, event: ChildEvent) {
        match event {
            ChildEvent::Stdout(bytes) => {
                if self.stdout.len() <= LIMIT {
                    self.stdout.extend(bytes);
                }
            }
            ChildEvent::Stderr(bytes) => {
                let room = STDERR_LIMIT.saturating_sub(self.stderr.len());
                self.stderr.extend(bytes.iter().take(room));
            }
            ChildEvent::StdoutEnds => self.stdout_ended = true,
            ChildEvent::StderrEnds => self.stderr_ended = true,
        }
    }
}

fn forward(
    mut stream: impl Read + Send + 'static,
    part: fn(Vec<u8>) -> ChildEvent,
    end: ChildEvent,
    tell: SyncSender<ChildEvent>,
) -> io::Result<()> {
    background(move || {
        let mut buffer = [0; 4096];
        loop {
            match stream.read(&mut buffer) {
                Ok(0) => break,
                Ok(length) => {
                    let bytes = buffer.get(..length).unwrap_or_default().to_vec();
                    if tell.send(part(bytes)).is_err() {
                        return;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        _ = tell.send(end);
    })
}

fn background(work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    std::thread::Builder::new().spawn(work).map(drop)
}

/// Ends a program that nobody waits for any more.
fn end(child: &mut Child) {
    _ = child.kill();
    _ = child.wait();
}

/// Hands the wish to end on, so that the program can clean up, and sees to it that it ends.
#[cfg(unix)]
fn end_politely(child: &mut Child) {
    super::termination::ask_to_end(child.id());
    let begin = Instant::now();
    while begin.elapsed() < LINGER {
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        std::thread::sleep(STEP);
    }
    end(child);
}
