//! The events of ordinary statements are those of `toml_parser`, and what people write is ordinary.

use proptest::prelude::{ProptestConfig, proptest};
use toml_parser::Source;
use toml_parser::parser::{self, RecursionGuard, ValidateWhitespace, parse_document};

use super::super::document::Document;
use super::super::event::{EventKind, Form};
use super::super::events::{DEPTH, feed};
use super::super::fault::Fault;
use super::super::ordinary::statement;
use super::super::scalar::{self, Scalar};
use super::lines;

/// The kind of an event and its place, or a mistake with its place.
type Shown = Result<Vec<(&'static str, usize, usize)>, (usize, String)>;

/// Returns what `toml_parser` finds in a whole text, but for what has no meaning.
fn by_parser(text: &str) -> Shown {
    use parser::EventKind as Kind;
    let source = Source::new(text);
    let (mut events, mut depth, mut error) = (Vec::new(), 0, None);
    let mut receive = |event: parser::Event| {
        let kind = match event.kind() {
            Kind::SimpleKey => "key",
            Kind::KeyValSep => "=",
            Kind::StdTableClose => "]",
            Kind::ArrayTableClose => "]]",
            Kind::Scalar => "value",
            Kind::ValueSep => ",",
            Kind::Error => "invalid",
            Kind::Comment if depth == 0 => "#",
            Kind::Newline if depth == 0 => "newline",
            Kind::ArrayOpen | Kind::InlineTableOpen => {
                depth += 1;
                "open"
            }
            Kind::ArrayClose | Kind::InlineTableClose => {
                depth -= 1;
                "close"
            }
            _ => return,
        };
        events.push((kind, event.span().start(), event.span().end()));
    };
    let mut checked = ValidateWhitespace::new(&mut receive, source);
    let mut bounded = RecursionGuard::new(&mut checked, DEPTH);
    parse_document(&source.lex().into_vec(), &mut bounded, &mut error);
    match error.map(|error| Fault::decode(error, 0)) {
        Some(fault) => Err((fault.offset(), fault.message())),
        None => Ok(events),
    }
}

fn by_feed(text: &str) -> Shown {
    let (mut events, mut depth) = (Vec::new(), 0);
    let fed = feed(text, |event| {
        let raw = &text[event.span.range()];
        let kind = match event.kind {
            EventKind::Key(form) => {
                check_key(raw, form);
                "key"
            }
            EventKind::Scalar(form) => {
                // What was not found to be sound is checked later.
                let decoded = Scalar::decode(raw, 0).ok();
                assert!(form == Form::Unchecked || Scalar::of(raw, form) == decoded, "{raw:?}");
                "value"
            }
            EventKind::KeyEnd => "=",
            EventKind::TableHeader => "]",
            EventKind::ElementHeader => "]]",
            EventKind::Comma => ",",
            EventKind::Invalid => "invalid",
            EventKind::Comment if depth == 0 => "#",
            EventKind::Newline if depth == 0 => "newline",
            EventKind::ArrayOpen | EventKind::InlineOpen => {
                depth += 1;
                "open"
            }
            EventKind::ArrayClose | EventKind::InlineClose => {
                depth -= 1;
                "close"
            }
            EventKind::Comment | EventKind::Newline => return,
        };
        events.push((kind, event.span.start(), event.span.end()));
    });
    fed.map(|()| events).map_err(|fault| (fault.offset(), fault.message()))
}

/// Checks that a key which was found to be sound has the name that its form says.
fn check_key(raw: &str, form: Form) {
    let decoded = scalar::key(raw, 0).ok();
    match form {
        Form::Word => assert_eq!(decoded.as_deref(), Some(raw)),
        Form::Quoted => assert_eq!(decoded.as_deref(), Some(&raw[1..raw.len() - 1])),
        Form::Coded => assert!(decoded.is_some(), "{raw:?}"),
        Form::Unchecked => {}
    }
}

#[track_caller]
fn agrees(text: &str) {
    assert_eq!(by_feed(text), by_parser(text), "{text}");
}

/// Every document of the corpus, also with other statements before and behind it.
#[test]
fn every_document_of_the_corpus_has_the_events_that_toml_parser_finds() {
    let mut count = 0;
    for text in lines::corpus() {
        let before = format!("a = [\n 1, # ]\n]\n{text}");
        for text in [&text, &before, &format!("{text}\nb = 1.5\n")] {
            agrees(text);
        }
        count += 1;
    }
    assert!(count > 500, "{count}");
}

#[test]
fn a_byte_order_mark_is_passed_over_at_the_start_alone() {
    for (text, is_sound) in [
        ("\u{feff}", true),
        ("\u{feff}a = 1\n", true),
        ("\u{feff}\u{feff}a = 1\n", false),
        ("a = 1\n\u{feff}b = 1\n", false),
    ] {
        for text in [text.to_owned(), text.replace('1', "1.5")] {
            agrees(&text);
            assert_eq!(Document::read(&text).is_ok(), is_sound, "{text:?}");
        }
    }
}

/// Returns how many bytes from the start are ordinary statements.
fn ordinary(text: &str) -> usize {
    let mut at = 0;
    while let Some(end) = statement(text, at, &mut Vec::new()).filter(|end| *end > at) {
        at = end;
    }
    at
}

#[test]
fn what_people_write_is_ordinary() {
    for text in [
        "# nothing\n\n",
        "username = 'ann' # me\nbase_url = \"https://a.example\"\n",
        "a = 1\r\n[profiles.x]\r\nusername = \"x\"\r\n[ui]\r\ncolor = 'never'",
        "[profiles.b]\nprotected = true\n[plugins.sql]\nx = -15\n[profiles.\"a b\"]\nuser = 'u'\n",
        "[a]\nx = 1\n[ a . 'c' ]\n\tw=\"\"\n-=0\n",
        "x = \"'q'\"\ny = '\"'\nz = \"\u{e9}\u{80}\t#\"\n",
        "[[credential]]\nbase_url = \"https://ann.carto.com\"\napikey = { command = [\"pass\"] }\n",
        "alias.lg = [\"sql\", \"--log\"]\nlong = [\n  1, # one\r\n  true,\n]\n",
        "a.b . 'c' = { d.e = 1, f = [[\"\\t\\\"\"]] } # why\n\"a\\\\b\" = \"c:\\\\d\"\n",
    ] {
        assert_eq!(ordinary(text), text.len(), "{text:?}");
        agrees(text);
    }
}

#[test]
#[rustfmt::skip]
fn what_is_hard_or_wrong_is_left_to_the_parser() {
    for text in [
        "[a\n", "[[a]\n", "[[a] ]\n", "[a]]\n", "[..]\n", "[a.]\n", "[]\n", "[ ] \n", "[a] b\n",
        "\u{e9} = 1\n", "a\n", "a =\n", "a = 1 b = 2\n", "a = 'b\n", "a = \"b\n", "a\r= 1\n", "a = 1\r",
        "a = \"\"\"b\"\"\"\n", "a = '''b'''\n", "\"\"\"a\"\"\" = 1\n", "a = \"\\u0041\"\n", "a = \"\\q\"\n",
        "a = 1.5\n", "a = 1e3\n", "a = +1\n", "a = 1_0\n", "a = 01\n", "a = 0x1\n", "a = nan\n", "a = True\n",
        "a = 1979-05-27\n", "a = 07:32:00\n", "a = 1979-05-27 07:32:00\n", "a = 1+1\n",
        "a = 9223372036854775807\n", "a = 99999999999999999999\n",
        "# \u{7f}\n", "a = '\u{0}'\n", "a = \"\u{1}\"\n", "a = [\r1]\n", "a = [ # \u{1}\n]\n",
        "a = [1 2]\n", "a = [,]\n", "a = [1,,]\n", "a = [1\n", "a = [1}\n", "a = {1}\n", "a = {b}\n",
        "a = {b=1]\n", "a = [[[[[[[[[1]]]]]]]]]\n",
    ] {
        assert_eq!(ordinary(text), 0, "{text:?}");
        agrees(text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8192))]

    #[test]
    fn generated_texts_have_the_events_that_toml_parser_finds(text in lines::text()) {
        agrees(&text);
    }

    #[test]
    fn any_text_has_the_events_that_toml_parser_finds(
        text in "[\\[\\]{}=.,#ab1\"'\\\\\r\n \té-]{0,24}",
    ) {
        agrees(&text);
    }
}
