//! The parts of SQL that matter here, by PostgreSQL's rules: what is quoted or a comment, where a
//! statement ends, and where a parameter stands.
//!
//! Source: PostgreSQL's manual, "Lexical Structure", with `standard_conforming_strings` on, as it has
//! been since 9.1.

use std::ops::Range;

/// What a part of the text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// White space, or a comment.
    Blank,
    /// Text in quotes: a string, or a name.
    Quoted,
    /// A word: a keyword, a name, a number.
    Word,
    /// `:name`, outside of brackets.
    Parameter,
    /// `:name` within brackets, where it may be the end of a slice.
    ParameterInBrackets,
    /// `;` between statements.
    End,
    /// Anything else, one character.
    Sign,
}

/// Takes a text apart; the parts follow each other without a gap.
pub fn parts(sql: &str) -> Vec<(Part, Range<usize>)> {
    let mut lexer = Lexer {
        sql,
        at: 0,
        depth: 0,
        brackets: 0,
    };
    let mut parts = Vec::new();
    while let Some(part) = lexer.next_part() {
        parts.push(part);
    }
    parts
}

/// Returns the statements of a text, without what is blank around them; an empty one is none.
pub fn statements(sql: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut start, mut end) = (None, 0);
    let mut push = |start: &mut Option<usize>, end: usize| {
        if let Some(start) = start.take() {
            found.push(&sql[start..end]);
        }
    };
    for (part, range) in parts(sql) {
        match part {
            Part::End => push(&mut start, end),
            Part::Blank => {}
            _ => {
                start.get_or_insert(range.start);
                end = range.end;
            }
        }
    }
    push(&mut start, end);
    found
}

/// Returns the first word of a statement, in capitals; parentheses may stand before it.
pub fn first_word(sql: &str) -> String {
    let mut words = parts(sql)
        .into_iter()
        .filter(|(part, range)| *part != Part::Blank && &sql[range.clone()] != "(");
    match words.next() {
        Some((Part::Word, range)) => sql[range].to_ascii_uppercase(),
        _ => String::new(),
    }
}

struct Lexer<'a> {
    sql: &'a str,
    at: usize,
    /// How many parentheses are open: no statement ends in them.
    depth: usize,
    brackets: usize,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.sql[self.at..]
    }

    fn next_part(&mut self) -> Option<(Part, Range<usize>)> {
        let start = self.at;
        let rest = self.rest();
        let first = rest.chars().next()?;
        let part = match first {
            c if c.is_whitespace() => {
                self.at += rest
                    .find(|c: char| !c.is_whitespace())
                    .unwrap_or(rest.len());
                Part::Blank
            }
            '-' if rest.starts_with("--") => {
                self.at += rest.find('\n').unwrap_or(rest.len());
                Part::Blank
            }
            '/' if rest.starts_with("/*") => {
                self.at += comment(rest);
                Part::Blank
            }
            '\'' => {
                self.at += quoted(rest, '\'', false);
                Part::Quoted
            }
            '"' => {
                self.at += quoted(rest, '"', false);
                Part::Quoted
            }
            '$' => match dollar_quoted(rest) {
                Some(length) => {
                    self.at += length;
                    Part::Quoted
                }
                None => self.word_or_sign(first),
            },
            ':' => self.colon(),
            ';' if self.depth == 0 => {
                self.at += 1;
                Part::End
            }
            _ => self.word_or_sign(first),
        };
        Some((part, start..self.at))
    }

    /// Reads a word, with the string that one letter before it makes special, or one sign.
    fn word_or_sign(&mut self, first: char) -> Part {
        let rest = self.rest();
        if !is_word(first) {
            match first {
                '(' => self.depth += 1,
                ')' => self.depth = self.depth.saturating_sub(1),
                '[' => self.brackets += 1,
                ']' => self.brackets = self.brackets.saturating_sub(1),
                _ => {}
            }
            self.at += first.len_utf8();
            return Part::Sign;
        }
        let end = rest
            .find(|c: char| !is_word(c) && c != '$')
            .unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let length = if after.starts_with('\'') && word.eq_ignore_ascii_case("e") {
            end + quoted(after, '\'', true)
        } else {
            end
        };
        self.at += length;
        if length > end {
            Part::Quoted
        } else {
            Part::Word
        }
    }

    /// Reads a cast, an assignment, a parameter, or a colon alone.
    fn colon(&mut self) -> Part {
        let rest = self.rest();
        if rest.starts_with("::") || rest.starts_with(":=") {
            self.at += 2;
            return Part::Sign;
        }
        let name = &rest[1..];
        if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            self.at += 1;
            return Part::Sign;
        }
        let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        self.at += 1 + end.unwrap_or(name.len());
        if self.brackets > 0 {
            Part::ParameterInBrackets
        } else {
            Part::Parameter
        }
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Returns the length of a comment, which may hold others.
fn comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// Returns the length of a text in quotes, in which two of them are one.
fn quoted(text: &str, quote: char, escapes: bool) -> usize {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c == quote {
            if chars.peek().is_some_and(|(_, next)| *next == quote) {
                chars.next();
            } else {
                return at + 1;
            }
        } else if escapes && c == '\\' {
            chars.next();
        }
    }
    text.len()
}

/// Returns the length of a text in dollar quotes; nothing where none begins.
fn dollar_quoted(text: &str) -> Option<usize> {
    let end = text[1..].find('$')? + 2;
    let tag = &text[..end];
    let name = &tag[1..end - 1];
    let is_name = name.chars().all(is_word) && !name.starts_with(|c: char| c.is_ascii_digit());
    if !is_name {
        return None;
    }
    Some(
        text[end..]
            .find(tag)
            .map_or(text.len(), |at| end + at + tag.len()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_end_where_postgresql_ends_them() {
        for (sql, expected) in [
            ("", &[][..]),
            (" ; ;; -- nothing\n", &[]),
            ("SELECT 1", &["SELECT 1"]),
            ("SELECT 1; SELECT 2;", &["SELECT 1", "SELECT 2"]),
            (
                "SELECT ';'; SELECT 'it''s;'",
                &["SELECT ';'", "SELECT 'it''s;'"],
            ),
            ("SELECT 'a\\'; SELECT 2", &["SELECT 'a\\'", "SELECT 2"]),
            (
                "SELECT E'a\\';' ; SELECT 2",
                &["SELECT E'a\\';'", "SELECT 2"],
            ),
            ("SELECT \"a;b\"; SELECT 2", &["SELECT \"a;b\"", "SELECT 2"]),
            (
                "SELECT $$a;b$$; SELECT $x$;$$;$x$",
                &["SELECT $$a;b$$", "SELECT $x$;$$;$x$"],
            ),
            ("SELECT $1; SELECT a$b$c", &["SELECT $1", "SELECT a$b$c"]),
            (
                "SELECT 1 -- a;b\n; /* ; /* ; */ ; */ SELECT 2",
                &["SELECT 1", "SELECT 2"],
            ),
            (
                "CREATE RULE r AS ON a DO (x; y); SELECT 2",
                &["CREATE RULE r AS ON a DO (x; y)", "SELECT 2"],
            ),
            ("SELECT 'open; SELECT 2", &["SELECT 'open; SELECT 2"]),
            ("SELECT 'é;'; SELECT 'ü'", &["SELECT 'é;'", "SELECT 'ü'"]),
            ("SELECT $é$;$é$;x", &["SELECT $é$;$é$", "x"]),
        ] {
            assert_eq!(statements(sql), expected, "{sql}");
        }
    }

    #[test]
    fn parameters_stand_outside_of_quotes_and_casts() {
        let names = |sql: &str| -> Vec<String> {
            let found = parts(sql).into_iter();
            let found = found.filter(|(part, _)| *part == Part::Parameter);
            found.map(|(_, range)| sql[range].to_owned()).collect()
        };
        for (sql, expected) in [
            ("SELECT :a, :b_2", &[":a", ":b_2"][..]),
            ("SELECT a::text, ':x', \":y\", $$:z$$ -- :c\n/* :d */", &[]),
            ("SELECT f(x := 1), 'a':b", &[":b"]),
            ("SELECT :a::int", &[":a"]),
            ("SELECT x[1:n], x[:n], :a", &[":a"]),
            ("SELECT 1 : 2, :1", &[]),
        ] {
            assert_eq!(names(sql), expected, "{sql}");
        }
    }

    /// Whatever the text is, its parts are the text.
    #[test]
    fn nothing_is_lost() {
        let mut seed = 1_u64;
        let pieces = [
            "'", "\"", "$", "$$", "$a$", "/*", "*/", "--", "\n", ";", ":", ":a", "E'", "\\", "(",
            ")", "[", "]", "é", " ", "x", "1",
        ];
        for _ in 0..20_000 {
            let mut sql = String::new();
            for _ in 0..8 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                sql += pieces[usize::try_from(seed >> 33).unwrap() % pieces.len()];
            }
            let mut at = 0;
            for (_, range) in parts(&sql) {
                assert_eq!(range.start, at, "{sql:?}");
                assert!(range.end > range.start, "{sql:?}");
                at = range.end;
            }
            assert_eq!(at, sql.len(), "{sql:?}");
            _ = statements(&sql);
        }
    }
}
