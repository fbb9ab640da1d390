//! `Patient`: reads a body in the background, so that what comes is taken from the network while the
//! last piece is still being worked on.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel, sync_channel};

/// How much is read at once, and how many pieces wait at most.
const PIECE: usize = 128 * 1024;
const WAITING: usize = 8;

/// A body whose next pieces are fetched ahead.
pub struct Patient {
    pieces: Receiver<io::Result<Vec<u8>>>,
    /// Where used pieces go back to.
    used: Sender<Vec<u8>>,
    next: Option<io::Result<Vec<u8>>>,
}

impl Patient {
    /// Begins to read a body.
    pub fn new(mut body: impl Read + Send + 'static) -> Self {
        let (send, pieces) = sync_channel(WAITING);
        let (used, free) = channel::<Vec<u8>>();
        std::thread::spawn(move || {
            loop {
                let mut piece = free.try_recv().unwrap_or_default();
                piece.resize(PIECE, 0);
                let read = match body.read(&mut piece) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(error) => Err(error),
                    Ok(length) => {
                        piece.truncate(length);
                        Ok(piece)
                    }
                };
                let is_end = read.as_ref().map_or(true, Vec::is_empty);
                // Nobody listens any more where the reading was given up.
                if send.send(read).is_err() || is_end {
                    return;
                }
            }
        });
        Patient {
            pieces,
            used,
            next: None,
        }
    }

    /// Whether nothing more has come yet.
    pub fn would_wait(&mut self) -> bool {
        if self.next.is_none() {
            match self.pieces.try_recv() {
                Ok(piece) => self.next = Some(piece),
                Err(TryRecvError::Disconnected) => return false,
                Err(TryRecvError::Empty) => return true,
            }
        }
        false
    }

    /// Adds what comes next to a text; returns how many bytes they are, 0 at the end.
    pub fn append_to(&mut self, text: &mut Vec<u8>) -> io::Result<usize> {
        let next = match self.next.take() {
            Some(next) => next,
            // The end was read.
            None => match self.pieces.recv() {
                Ok(next) => next,
                Err(_) => return Ok(0),
            },
        };
        let piece = next?;
        text.extend_from_slice(&piece);
        let length = piece.len();
        _ = self.used.send(piece);
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_is_handed_on_in_order() {
        let bytes: Vec<u8> = (0..600_000_u32)
            .map(|at| u8::try_from(at % 251).unwrap())
            .collect();
        let mut body = Patient::new(io::Cursor::new(bytes.clone()));
        let mut read = Vec::new();
        while body.append_to(&mut read).unwrap() > 0 {
            body.would_wait();
        }
        assert!(read == bytes);
        assert_eq!(body.append_to(&mut read).unwrap(), 0);
    }

    #[test]
    fn an_error_comes_behind_what_was_read() {
        struct Breaks(u8);
        impl Read for Breaks {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                self.0 += 1;
                buffer[0] = self.0;
                if self.0 > 2 {
                    return Err(io::Error::other("broken"));
                }
                Ok(1)
            }
        }
        let mut body = Patient::new(Breaks(0));
        let mut read = Vec::new();
        assert_eq!(body.append_to(&mut read).unwrap(), 1);
        assert_eq!(body.append_to(&mut read).unwrap(), 1);
        assert_eq!(body.append_to(&mut read).unwrap_err().to_string(), "broken");
        assert_eq!(read, [1, 2]);
    }
}
