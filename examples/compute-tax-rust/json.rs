//! A JSON (RFC 8259) reader and writer, as small as a function needs: it reads the members of one object, and checks and
//! skips what is nested in it. Numbers are read and written exactly as JavaScript does.

use std::collections::BTreeMap;
use std::fmt::Write;

/// Arrays and objects within each other; deeper text is invalid, so that it cannot overflow the stack.
const MAX_DEPTH: usize = 32;

/// Characters of one number; a longer one is invalid. No double needs more than 767 digits to be told apart.
const MAX_NUMBER: usize = 1000;

#[derive(PartialEq)]
pub enum Value {
    String(String),
    /// Infinite if it is beyond an `f64`'s range.
    Number(f64),
    /// A literal, an array or an object: checked and skipped.
    Other,
}

pub type Members = BTreeMap<String, Value>;

pub enum ReadError {
    Invalid,
    NotObject,
}

/// Reads `text` as one object. Of a name that occurs twice the last wins, as in JavaScript. Half a surrogate pair is
/// invalid: no UTF-8 can say it.
pub fn read_object(text: &str) -> Result<Members, ReadError> {
    let mut reader = Reader { text, at: 0 };
    reader.skip_space();
    let members = if reader.peek() == Some(b'{') {
        let mut members = Members::new();
        reader.object(1, &mut |name, value| drop(members.insert(name, value))).map(|()| Some(members))
    } else {
        reader.value(0).map(|_| None)
    };
    reader.skip_space();
    match members {
        Some(Some(members)) if reader.at == text.len() => Ok(members),
        Some(None) if reader.at == text.len() => Err(ReadError::NotObject),
        _ => Err(ReadError::Invalid),
    }
}

/// Stands at byte `at`, always on a character's first. Every method returns `None` where the text is not JSON.
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Takes `word` if it comes next.
    fn has(&mut self, word: &str) -> bool {
        let found = self.text[self.at..].starts_with(word);
        self.at += if found { word.len() } else { 0 };
        found
    }

    fn take(&mut self, word: &str) -> Option<()> {
        self.has(word).then_some(())
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        self.skip_space();
        match self.peek()? {
            b'{' => self.object(depth + 1, &mut |_, _| ())?,
            b'[' => self.array(depth + 1)?,
            b't' => self.take("true")?,
            b'f' => self.take("false")?,
            b'n' => self.take("null")?,
            b'"' => return self.string().map(Value::String),
            _ => return self.number().map(Value::Number),
        }
        Some(Value::Other)
    }

    fn object(&mut self, depth: usize, found: &mut dyn FnMut(String, Value)) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.take("{")?;
        self.skip_space();
        if self.has("}") {
            return Some(());
        }
        loop {
            self.skip_space();
            let name = self.string()?;
            self.skip_space();
            self.take(":")?;
            let value = self.value(depth)?;
            found(name, value);
            self.skip_space();
            if !self.has(",") {
                return self.take("}");
            }
        }
    }

    fn array(&mut self, depth: usize) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.take("[")?;
        self.skip_space();
        if self.has("]") {
            return Some(());
        }
        loop {
            self.value(depth)?;
            self.skip_space();
            if !self.has(",") {
                return self.take("]");
            }
        }
    }

    fn number(&mut self) -> Option<f64> {
        let start = self.at;
        self.has("-");
        // After a leading zero no digit may follow: 01 is not JSON.
        if !self.has("0") {
            self.digits()?;
        }
        if self.has(".") {
            self.digits()?;
        }
        if self.has("e") || self.has("E") {
            let _sign = self.has("+") || self.has("-");
            self.digits()?;
        }
        let text = &self.text[start..self.at];
        if text.len() > MAX_NUMBER {
            return None;
        }
        text.parse().ok()
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    fn string(&mut self) -> Option<String> {
        self.take("\"")?;
        let mut string = String::new();
        loop {
            let rest = &self.text[self.at..];
            let plain = rest.find(|c| c == '"' || c == '\\' || c < ' ')?;
            string.push_str(&rest[..plain]);
            self.at += plain;
            if self.has("\"") {
                return Some(string);
            }
            self.take("\\")?;
            string.push(self.escape()?);
        }
    }

    fn escape(&mut self) -> Option<char> {
        let letter = self.peek()?;
        if !letter.is_ascii() {
            return None;
        }
        self.at += 1;
        Some(match letter {
            b'"' | b'\\' | b'/' => char::from(letter),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode_escape(),
            _ => return None,
        })
    }

    /// What follows \u: one UTF-16 code unit, or a surrogate pair of two.
    fn unicode_escape(&mut self) -> Option<char> {
        let unit = self.hex4()?;
        if !(0xD800..=0xDBFF).contains(&unit) {
            return char::from_u32(unit);
        }
        self.take("\\u")?;
        let low = self.hex4()?.checked_sub(0xDC00).filter(|low| *low < 0x400)?;
        char::from_u32(0x10000 + ((unit - 0xD800) << 10) + low)
    }

    fn hex4(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        // from_str_radix alone would also take a sign.
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }
}

/// `text` in quotes, with the escapes of JSON.stringify.
pub fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if c < ' ' => write!(quoted, "\\u{:04x}", u32::from(c)).expect("writing to a String cannot fail"),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// The shortest decimal that reads back as the same number, laid out as ECMA-262's Number::toString does; `k` and `n`
/// are its names.
pub fn format_number(number: f64) -> String {
    if number == 0.0 {
        return "0".into(); // negative zero as well
    }
    let sign = if number < 0.0 { "-" } else { "" };
    let scientific = shortest(number.abs());
    let (mantissa, exponent) = scientific.split_once('e').expect("{:e} writes an exponent");
    let digits = mantissa.replace('.', "");
    let k = digits.len() as i32;
    let n = exponent.parse::<i32>().expect("{:e} writes a decimal exponent") + 1;
    let zeros = |count: i32| "0".repeat(count as usize);

    if k <= n && n <= 21 {
        format!("{sign}{digits}{}", zeros(n - k))
    } else if 0 < n && n <= 21 {
        let (whole, fraction) = digits.split_at(n as usize);
        format!("{sign}{whole}.{fraction}")
    } else if -6 < n && n <= 0 {
        format!("{sign}0.{}{digits}", zeros(-n))
    } else {
        let plus = if n > 0 { "+" } else { "" };
        format!("{sign}{mantissa}e{plus}{}", n - 1)
    }
}

/// `{:e}` is the shortest, but of two equally near decimals it takes the upper one and JavaScript the even one, as
/// rounding to a given number of digits does. That one may miss the number just above a power of two.
fn shortest(number: f64) -> String {
    let shortest = format!("{number:e}");
    let digits = shortest.bytes().take_while(|c| *c != b'e').filter(u8::is_ascii_digit).count();
    let even = format!("{number:.*e}", digits - 1);
    if even.parse() == Ok(number) {
        even
    } else {
        shortest
    }
}
