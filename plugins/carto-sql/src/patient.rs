//! `Patient`: reads a body in the background, so that a server that falls silent is noticed, and what
//! comes is taken from the network while the last piece is still being worked on.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

/// How much is read at once, and how many pieces wait at most.
const PIECE: usize = 64 * 1024;
const WAITING: usize = 8;

/// A body that may be silent for a while, and not for longer.
pub struct Patient {
    pieces: Receiver<io::Result<Vec<u8>>>,
    piece: Vec<u8>,
    at: usize,
    silence: Duration,
}

impl Patient {
    /// Begins to read a body.
    pub fn new(mut body: impl Read + Send + 'static, silence: Duration) -> Self {
        let (send, pieces) = sync_channel(WAITING);
        std::thread::spawn(move || {
            loop {
                let mut piece = vec![0; PIECE];
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
            piece: Vec::new(),
            at: 0,
            silence,
        }
    }
}

impl Read for Patient {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.piece.len() {
            self.piece = match self.pieces.recv_timeout(self.silence) {
                Ok(read) => read?,
                Err(RecvTimeoutError::Disconnected) => Vec::new(),
                Err(RecvTimeoutError::Timeout) => {
                    let what = format!("nothing came for {} s", self.silence.as_secs());
                    return Err(io::Error::new(io::ErrorKind::TimedOut, what));
                }
            };
            self.at = 0;
        }
        let rest = self.piece.get(self.at..).unwrap_or_default();
        let length = rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&rest[..length]);
        self.at += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_is_handed_on_in_order() {
        let bytes: Vec<u8> = (0..300_000_u32)
            .map(|at| u8::try_from(at % 251).unwrap())
            .collect();
        let body = io::Cursor::new(bytes.clone());
        let mut read = Vec::new();
        Patient::new(body, Duration::from_secs(5))
            .read_to_end(&mut read)
            .unwrap();
        assert!(read == bytes);
    }

    #[test]
    fn silence_is_an_error() {
        struct Silent;
        impl Read for Silent {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                std::thread::sleep(Duration::from_secs(2));
                Ok(0)
            }
        }
        let mut body = Patient::new(Silent, Duration::from_millis(50));
        let error = body.read(&mut [0; 8]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
