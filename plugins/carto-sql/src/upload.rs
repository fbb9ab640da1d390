//! Sends a long body to a server that may answer before it has all of it.
//!
//! # Why
//! The server says what is wrong with a row as soon as it has read it, and closes the connection while
//! the rest is still being sent. A client that only sends sees a broken pipe and loses the answer. So
//! the connection is looked at while the body goes out: once an answer has come, or the server takes no
//! more, the body ends and the answer is read.

use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use ureq::Error;
use ureq::unversioned::transport::{
    Buffers, ConnectProxyConnector, ConnectionDetails, Connector, NextTimeout, TcpConnector,
    Transport, time,
};

/// How often it is looked whether an answer has come.
const LOOK: std::time::Duration = std::time::Duration::from_millis(500);

/// What the sender of a body and its connection know of each other.
#[derive(Debug, Default)]
pub struct Exchange {
    /// The head of the request has gone out.
    has_begun: AtomicBool,
    /// The server has answered, or takes no more.
    is_over: AtomicBool,
    /// Why the body could not be read.
    unread: Mutex<Option<io::Error>>,
}

impl Exchange {
    /// Whether the server has ended the exchange before the whole body was sent.
    pub fn is_over(&self) -> bool {
        self.is_over.load(Relaxed)
    }

    /// Returns why the body could not be read, if it could not.
    pub fn unread(&self) -> Option<io::Error> {
        self.unread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }
}

/// A body that ends once the server has answered.
pub struct Sent<R> {
    /// The body.
    pub body: R,
    /// What is known of the connection.
    pub exchange: Arc<Exchange>,
}

impl<R: Read> Read for Sent<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.exchange.has_begun.store(true, Relaxed);
        if self.exchange.is_over() {
            return Ok(0);
        }
        self.body.read(buffer).map_err(|error| {
            let kind = error.kind();
            let mut unread = self
                .exchange
                .unread
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            *unread = Some(error);
            kind.into()
        })
    }
}

/// Returns what makes connections for one upload.
///
/// Below TLS a broken pipe is passed over, so that what the server has sent before it can still be read:
/// TLS reads nothing once a write has failed. Above it, an answer is looked for while the body goes out.
pub fn connector(exchange: &Arc<Exchange>) -> impl Connector<(), Out = impl Transport> {
    #[cfg(target_vendor = "apple")]
    let tls = ureq::unversioned::transport::NativeTlsConnector::default();
    #[cfg(not(target_vendor = "apple"))]
    let tls = ureq::unversioned::transport::RustlsConnector::default();
    ().chain(ConnectProxyConnector::default())
        .chain(TcpConnector::default())
        .chain(Forgive(Arc::clone(exchange)))
        .chain(tls)
        .chain(Listen(Arc::clone(exchange)))
}

/// Makes connections that pass over a broken pipe.
#[derive(Debug)]
struct Forgive(Arc<Exchange>);

impl<In: Transport> Connector<In> for Forgive {
    type Out = Forgiving<In>;

    fn connect(
        &self,
        _: &ConnectionDetails,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, Error> {
        let exchange = Arc::clone(&self.0);
        Ok(chained.map(|inner| Forgiving { inner, exchange }))
    }
}

/// A connection that passes over a broken pipe once the body goes out.
#[derive(Debug)]
struct Forgiving<T> {
    inner: T,
    exchange: Arc<Exchange>,
}

impl<T: Transport> Transport for Forgiving<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        match self.inner.transmit_output(amount, timeout) {
            Err(Error::Io(_) | Error::Timeout(_)) if self.exchange.has_begun.load(Relaxed) => {
                self.exchange.is_over.store(true, Relaxed);
                Ok(())
            }
            other => other,
        }
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.inner.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}

/// Makes connections that listen while they send.
#[derive(Debug)]
struct Listen(Arc<Exchange>);

impl<In: Transport> Connector<In> for Listen {
    type Out = Listening<In>;

    fn connect(
        &self,
        _: &ConnectionDetails,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, Error> {
        Ok(chained.map(|inner| Listening {
            inner,
            exchange: Arc::clone(&self.0),
            looked: Instant::now(),
        }))
    }
}

/// A connection that listens while it sends.
#[derive(Debug)]
struct Listening<T> {
    inner: T,
    exchange: Arc<Exchange>,
    looked: Instant,
}

impl<T: Transport> Listening<T> {
    /// Whether an answer can be read, or the connection has ended.
    fn has_answer(&mut self, mut timeout: NextTimeout) -> bool {
        timeout.after = time::Duration::from_millis(1);
        match self.inner.await_input(timeout) {
            Err(Error::Timeout(_)) => false,
            Err(_) => true,
            Ok(_) => !is_only_leave(self.inner.buffers().input()),
        }
    }
}

/// Whether what came is the server's leave to go on, and nothing else.
fn is_only_leave(input: &[u8]) -> bool {
    let Some(rest) = input.strip_prefix(b"HTTP/1.1 100") else {
        return false;
    };
    match rest.windows(4).position(|end| end == b"\r\n\r\n") {
        Some(end) => end + 4 == rest.len(),
        None => true,
    }
}

impl<T: Transport> Transport for Listening<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        if self.exchange.is_over() {
            return Ok(());
        }
        if self.exchange.has_begun.load(Relaxed) && self.looked.elapsed() >= LOOK {
            self.looked = Instant::now();
            if self.has_answer(timeout) {
                self.exchange.is_over.store(true, Relaxed);
                return Ok(());
            }
        }
        self.inner.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.inner.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        // What was broken off is used for nothing else.
        !self.exchange.is_over() && self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}
