//! The grammar of JSON. The first fault ends it: what follows a missing bracket
//! would only be noise.

use std::ops::Range;

use super::{Kind, MAX_DEPTH, Member, Value};
use crate::report::Report;

/// Where and why the document is no JSON.
pub(super) struct Fault {
    pub(super) span: Range<usize>,
    pub(super) message: String,
    pub(super) help: Option<String>,
}

impl Fault {
    fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            span,
            message: message.into(),
            help: None,
        }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

pub(super) struct Parser<'a> {
    source: &'a str,
    /// Always at a character boundary.
    at: usize,
    depth: usize,
    report: &'a mut Report,
}

impl<'a> Parser<'a> {
    pub(super) fn new(source: &'a str, at: usize, report: &'a mut Report) -> Self {
        Self {
            source,
            at,
            depth: 0,
            report,
        }
    }

    pub(super) fn document(&mut self) -> Result<Value, Fault> {
        self.space();
        if self.peek().is_none() {
            return Err(Fault::new(self.here(), "the document is empty").help(
                r#"a flow is an object such as {"module": "tts", "data": {"text": "Hello"}}"#,
            ));
        }
        let value = self.value()?;
        self.space();
        match self.peek() {
            None => Ok(value),
            Some(found) => Err(Fault::new(
                self.here(),
                format!("expected the end of the document, found {}", show(found)),
            )),
        }
    }

    fn value(&mut self) -> Result<Value, Fault> {
        let start = self.at;
        let kind = match self.peek() {
            Some('{') => self.nested(Self::object)?,
            Some('[') => self.nested(Self::array)?,
            Some('"') => Kind::String(self.string()?),
            Some('-' | '0'..='9') => self.number()?,
            Some(c) if c.is_alphabetic() => self.word()?,
            Some('<') if self.depth == 0 => {
                return Err(self
                    .expected("a value")
                    .help("this looks like XML; TwiML is sent as text/xml"));
            }
            _ => return Err(self.expected("a value")),
        };
        Ok(Value {
            kind,
            span: start..self.at,
        })
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Kind, Fault>) -> Result<Kind, Fault> {
        if self.depth == MAX_DEPTH {
            return Err(Fault::new(
                self.here(),
                format!("nested deeper than {MAX_DEPTH} levels"),
            ));
        }
        self.depth += 1;
        let kind = read(self)?;
        self.depth -= 1;
        Ok(kind)
    }

    fn object(&mut self) -> Result<Kind, Fault> {
        let mut members: Vec<Member> = Vec::new();
        let open = self.take();
        loop {
            self.space();
            match self.peek() {
                Some('}') => break,
                Some('"') => {}
                None => return Err(self.unclosed(open, "this object")),
                Some(found) => {
                    let fault = self.expected("a key in double quotes, or `}`");
                    return Err(match found {
                        '\'' => fault.help("JSON strings take double quotes"),
                        _ => fault,
                    });
                }
            }
            let key_start = self.at;
            let key = self.string()?;
            let key_span = key_start..self.at;
            self.space();
            match self.peek() {
                Some(':') => self.take(),
                None => return Err(self.unclosed(open, "this object")),
                Some(_) => return Err(self.expected("`:` after the key")),
            };
            self.space();
            if self.peek().is_none() {
                return Err(self.unclosed(open, "this object"));
            }
            let value = self.value()?;
            if let Some(earlier) = members.iter().position(|m| m.key == key) {
                self.report.warn(
                    None,
                    key_span.clone(),
                    format!("`{key}` is given twice in this object; the last one counts"),
                );
                members.remove(earlier);
            }
            members.push(Member {
                key,
                key_span,
                value,
            });
            if !self.comma('}', open, "this object")? {
                break;
            }
        }
        self.take();
        Ok(Kind::Object(members))
    }

    fn array(&mut self) -> Result<Kind, Fault> {
        let mut items = Vec::new();
        let open = self.take();
        loop {
            self.space();
            match self.peek() {
                Some(']') => break,
                None => return Err(self.unclosed(open, "this list")),
                Some(_) => items.push(self.value()?),
            }
            if !self.comma(']', open, "this list")? {
                break;
            }
        }
        self.take();
        Ok(Kind::Array(items))
    }

    /// Reads what stands between two items: true after a comma, false in front
    /// of `close`.
    fn comma(&mut self, close: char, open: usize, what: &str) -> Result<bool, Fault> {
        self.space();
        match self.peek() {
            Some(',') => {
                let comma = self.take();
                self.space();
                if self.peek() == Some(close) {
                    self.report.warn(
                        None,
                        comma..comma + 1,
                        format!("a comma stands before `{close}`; strict JSON readers refuse that"),
                    );
                }
                Ok(true)
            }
            Some(found) if found == close => Ok(false),
            None => Err(self.unclosed(open, what)),
            Some(_) => Err(self.expected(&format!("`,` or `{close}`"))),
        }
    }

    fn string(&mut self) -> Result<String, Fault> {
        let open = self.take();
        let mut text = String::new();
        loop {
            match self.peek() {
                None => return Err(self.unclosed(open, "this string")),
                Some('"') => {
                    self.take();
                    return Ok(text);
                }
                Some('\\') => text.push(self.escape()?),
                Some(c) if c < ' ' => {
                    return Err(Fault::new(
                        self.here(),
                        format!("{} inside a string", show(c)),
                    )
                    .help("write a line break as \\n and a tab as \\t, and check the closing quote"));
                }
                Some(c) => {
                    self.take();
                    text.push(c);
                }
            }
        }
    }

    fn escape(&mut self) -> Result<char, Fault> {
        let start = self.take();
        let Some(letter) = self.peek() else {
            return Err(self.unclosed(start, "this escape"));
        };
        self.take();
        Ok(match letter {
            '"' | '\\' | '/' => letter,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => return self.unicode(start),
            other => {
                return Err(
                    Fault::new(start..self.at, format!("unknown escape `\\{other}`"))
                        .help("a backslash itself is written \\\\"),
                );
            }
        })
    }

    fn unicode(&mut self, start: usize) -> Result<char, Fault> {
        let high = self.hex(start)?;
        let code = if (0xD800..0xDC00).contains(&high) && self.source[self.at..].starts_with("\\u")
        {
            self.at += 2;
            let low = self.hex(start)?;
            (0xDC00..0xE000)
                .contains(&low)
                .then(|| 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
        } else {
            Some(high)
        };
        code.and_then(char::from_u32).ok_or_else(|| {
            Fault::new(
                start..self.at,
                "half of a surrogate pair, which is no character",
            )
        })
    }

    fn hex(&mut self, start: usize) -> Result<u32, Fault> {
        let digits = self.source.get(self.at..self.at + 4).unwrap_or_default();
        if digits.len() != 4 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(Fault::new(
                start..self.at,
                "`\\u` needs four hexadecimal digits",
            ));
        }
        self.at += 4;
        Ok(u32::from_str_radix(digits, 16).unwrap_or_default())
    }

    fn number(&mut self) -> Result<Kind, Fault> {
        let start = self.at;
        let rest = &self.source[start..];
        let length = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')))
            .unwrap_or(rest.len());
        self.at += length;
        let text = &rest[..length];
        serde_json::from_str(text).map(Kind::Number).map_err(|_| {
            let fault = Fault::new(start..self.at, format!("`{text}` is not a number"));
            let digits = text.trim_start_matches('-');
            if digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit()) {
                fault.help("numbers have no leading zeros; put telephone numbers in double quotes")
            } else {
                fault
            }
        })
    }

    fn word(&mut self) -> Result<Kind, Fault> {
        let start = self.at;
        let rest = &self.source[start..];
        let length = rest
            .find(|c: char| !(c.is_alphanumeric() || c == '_'))
            .unwrap_or(rest.len());
        self.at += length;
        match &rest[..length] {
            "true" => Ok(Kind::Bool(true)),
            "false" => Ok(Kind::Bool(false)),
            "null" => Ok(Kind::Null),
            word => Err(
                Fault::new(start..self.at, format!("expected a value, found `{word}`"))
                    .help("put text in double quotes"),
            ),
        }
    }

    fn space(&mut self) {
        let rest = &self.source[self.at..];
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
    }

    fn peek(&self) -> Option<char> {
        self.source[self.at..].chars().next()
    }

    /// Steps over one character and gives its place.
    fn take(&mut self) -> usize {
        let at = self.at;
        self.at += self.peek().map_or(0, char::len_utf8);
        at
    }

    fn here(&self) -> Range<usize> {
        self.at..self.at + self.peek().map_or(0, char::len_utf8)
    }

    fn expected(&self, what: &str) -> Fault {
        let found = self
            .peek()
            .map_or_else(|| "the end of the document".into(), show);
        Fault::new(self.here(), format!("expected {what}, found {found}"))
    }

    fn unclosed(&self, open: usize, what: &str) -> Fault {
        Fault::new(
            open..open + 1,
            format!("the document ends before {what} is closed"),
        )
        .help("the document was cut short, or a closing bracket or quote is missing")
    }
}

fn show(c: char) -> String {
    match c {
        '\n' => "a line break".into(),
        '\t' => "a tab".into(),
        c if c.is_control() => format!("the control character U+{:04X}", u32::from(c)),
        c => format!("`{c}`"),
    }
}
