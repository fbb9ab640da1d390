//! Runs a program for what it prints, and waits for it without losing anything of it.

use std::io::{self, Read, Write as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use crate::invocation::Invocation;

/// How much a program may print, in bytes.
pub const LIMIT: usize = 64 * 1024;
/// How much of standard error is kept, in bytes.
const STDERR_LIMIT: usize = 8 * 1024;
/// When the user is told what is waited for.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long output is waited for after the program has ended: one that it started and left behind
/// (an agent) may hold its output open for ever.
const LINGER: Duration = Duration::from_secs(1);
/// How often is looked whether the program has ended, when its output tells nothing.
const STEP: Duration = Duration::from_millis(20);

/// What a program reads. It may be a key, so it has no `Debug`.
#[derive(Clone, Copy)]
pub enum Input<'a> {
    /// The terminal, for programs that ask; nothing where standard input is none: what is piped into
    /// `carto` is not theirs.
    Terminal,
    /// Nothing.
    Nothing,
    /// This text.
    Text(&'a str),
}

/// What a program did. Its output may be a key, so it has no `Debug`.
pub struct ProgramEnd {
    /// How it ended.
    pub status: ExitStatus,
    /// Standard output; more than [`LIMIT`] bytes when it printed too much.
    pub stdout: Vec<u8>,
    /// The beginning of standard error.
    pub stderr: Vec<u8>,
}

/// What is seen of a program.
enum ChildEvent {
    Stdout(Vec<u8>),
    Stderr(Vec<u8>),
    StdoutEnds,
    StderrEnds,
}

/// How a program is waited for.
#[derive(Clone, Copy)]
pub struct Watch<'a> {
    /// Told once, after a few seconds.
    pub waiting: &'a dyn Fn(),
    /// Whether what was printed can be the whole answer: what a program that ended well says beside it
    /// is not waited for then.
    pub is_answer: fn(&[u8]) -> bool,
    /// How long it may take; with a limit it runs in a process group of its own, which is ended with
    /// it. Without one it may ask the user, who takes as long as he likes.
    pub limit: Option<Duration>,
}

/// Runs a program to its end.
///
/// # Errors
/// It does not start, cannot be watched, or takes longer than it may (`TimedOut`).
pub fn run(mut command: Command, input: Input, watch: Watch<'_>) -> io::Result<ProgramEnd> {
    let stdin = match input {
        Input::Text(_) => Stdio::piped(),
        Input::Terminal if Invocation::stdin_is_terminal() => Stdio::inherit(),
        Input::Terminal | Input::Nothing => Stdio::null(),
    };
    #[cfg(unix)]
    if watch.limit.is_some() {
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
    }
    command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let watched = follow(&mut child, input, watch);
    if watched.is_err() {
        if watch.limit.is_some() {
            end_group(&child);
        }
        end(&mut child);
    }
    watched
}

fn follow(child: &mut Child, input: Input, watch: Watch<'_>) -> io::Result<ProgramEnd> {
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
            (watch.waiting)();
            told = true;
        }
        if watch.limit.is_some_and(|limit| begin.elapsed() >= limit) {
            return Err(io::ErrorKind::TimedOut.into());
        }
    };
    let left = watch.limit.map_or(LINGER, |limit| limit.saturating_sub(begin.elapsed()));
    seen.take_rest(&events, Instant::now() + left.min(LINGER), |seen| {
        status.success() && (watch.is_answer)(&seen.stdout)
    });
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
    fn take_rest(
        &mut self,
        events: &Receiver<ChildEvent>,
        end: Instant,
        is_enough: impl Fn(&Self) -> bool,
    ) {
        while !(self.stdout_ended && (self.stderr_ended || is_enough(self))) {
            let left = end.saturating_duration_since(Instant::now());
            match events.recv_timeout(left) {
                Ok(event) => self.take(event),
                Err(_) => break,
            }
        }
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

/// Ends a program's process group; the program itself has not been waited for, so its number is its own.
#[cfg(unix)]
fn end_group(child: &Child) {
    use rustix::process::{Pid, Signal, kill_process_group};
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        _ = kill_process_group(group, Signal::KILL);
    }
}

#[cfg(not(unix))]
fn end_group(_: &Child) {}

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
