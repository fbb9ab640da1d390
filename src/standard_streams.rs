//! Makes sure that the three standard streams are open.
//!
//! # Why
//! Where one is closed, the next file that is opened gets its number: an error message would then be
//! written into a credential file. Rust's `main` sees to it; where carto has its own, this does.

/// Opens the null device in the place of each standard stream that is closed.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub fn fill() {
    use std::os::fd::IntoRawFd as _;

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::fs::{Mode, OFlags, open};
    use rustix::stdio::{stderr, stdin, stdout};

    let streams = [stdin(), stdout(), stderr()];
    let mut asked = streams.map(|stream| PollFd::from_borrowed_fd(stream, PollFlags::empty()));
    // An error leaves all of them unmarked: there are more open files than the limit permits.
    _ = poll(&mut asked, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }));
    for stream in asked {
        if stream.revents().contains(PollFlags::NVAL) {
            // The lowest free number is taken, so in this order each gets its own. It stays open, for
            // a plugin too: not every program sees to it.
            let null = open("/dev/null", OFlags::RDWR, Mode::empty());
            _ = null.map(std::os::fd::OwnedFd::into_raw_fd);
        }
    }
}
