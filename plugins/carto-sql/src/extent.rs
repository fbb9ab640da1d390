//! `Extent`: where a JSON value ends, also one that comes in pieces. What is within is judged by the
//! reader of the value.

use memchr::memchr2;

/// How far into a value the reading is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Extent {
    depth: usize,
    state: State,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Before the first byte.
    #[default]
    Start,
    /// Between the texts of an array or an object.
    Inside,
    /// In a text.
    Text,
    /// Behind a backslash in a text.
    Escaped,
    /// In a number or a word.
    Word,
}

impl Extent {
    /// Looks at the next bytes; returns how many belong to the value, once it ends among them.
    pub fn end(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        loop {
            let rest = bytes.get(at..).filter(|rest| !rest.is_empty())?;
            match self.state {
                State::Start => {
                    self.state = match rest[0] {
                        b'"' => State::Text,
                        b'{' | b'[' => {
                            self.depth = 1;
                            State::Inside
                        }
                        _ => State::Word,
                    };
                    at += 1;
                }
                State::Inside => {
                    let (byte, found) = bracket_or_quote(rest)?;
                    at += found + 1;
                    match byte {
                        b'"' => self.state = State::Text,
                        b'{' | b'[' => self.depth += 1,
                        _ => self.depth -= 1,
                    }
                    if self.depth == 0 {
                        return Some(at);
                    }
                }
                State::Text => {
                    let found = memchr2(b'"', b'\\', rest)?;
                    at += found + 1;
                    self.state = match rest[found] {
                        b'\\' => State::Escaped,
                        _ if self.depth == 0 => return Some(at),
                        _ => State::Inside,
                    };
                }
                State::Escaped => {
                    at += 1;
                    self.state = State::Text;
                }
                State::Word => {
                    let is_end = |byte: &u8| {
                        matches!(byte, b',' | b']' | b'}' | b' ' | b'\t' | b'\n' | b'\r')
                    };
                    let found = rest.iter().position(is_end)?;
                    return Some(at + found);
                }
            }
        }
    }
}

/// Finds the next byte that opens or closes something.
fn bracket_or_quote(bytes: &[u8]) -> Option<(u8, usize)> {
    let found = bytes
        .iter()
        .position(|byte| matches!(byte, b'"' | b'{' | b'[' | b'}' | b']'))?;
    Some((bytes[found], found))
}
