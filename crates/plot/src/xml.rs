//! A small writer for SVG and XHTML.
//!
//! Pictures are written element by element into one string. The writer escapes every attribute and every text, so
//! that no name from a file can break out of its place, and prints numbers short: pictures are measured in
//! millimetres, where three decimals are far below what a printer resolves.

/// Text of a picture or a page while it is being written.
#[derive(Debug, Default)]
pub struct Xml {
    text: String,
    open: Vec<&'static str>,
    in_start_tag: bool,
}

impl Xml {
    /// Nothing written yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts an element; attributes may follow, then its content, then [`Xml::close`].
    pub fn open(&mut self, name: &'static str) -> &mut Self {
        self.end_start_tag();
        self.text.push('<');
        self.text.push_str(name);
        self.open.push(name);
        self.in_start_tag = true;
        self
    }

    /// Gives the element just opened an attribute.
    pub fn attr(&mut self, name: &str, value: &str) -> &mut Self {
        debug_assert!(self.in_start_tag, "attribute {name} after the start tag");
        self.text.push(' ');
        self.text.push_str(name);
        self.text.push_str("=\"");
        escape_into(&mut self.text, value);
        self.text.push('"');
        self
    }

    /// Gives the element just opened a numeric attribute.
    pub fn num(&mut self, name: &str, value: f64) -> &mut Self {
        self.attr(name, &number(value))
    }

    /// Writes text, escaped.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.end_start_tag();
        escape_into(&mut self.text, text);
        self
    }

    /// Writes text that is markup already, as this writer made it.
    pub fn markup(&mut self, markup: &str) -> &mut Self {
        self.end_start_tag();
        self.text.push_str(markup);
        self
    }

    /// Ends the innermost open element.
    pub fn close(&mut self) -> &mut Self {
        let Some(name) = self.open.pop() else { return self };
        if self.in_start_tag {
            self.text.push_str("/>");
            self.in_start_tag = false;
        } else {
            self.text.push_str("</");
            self.text.push_str(name);
            self.text.push('>');
        }
        self
    }

    /// Writes a whole element that holds nothing but text.
    pub fn leaf(&mut self, name: &'static str, text: &str) -> &mut Self {
        self.open(name).text(text).close()
    }

    /// Ends all open elements and returns the text.
    pub fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        self.text
    }

    fn end_start_tag(&mut self) {
        if self.in_start_tag {
            self.text.push('>');
            self.in_start_tag = false;
        }
    }
}

/// A number with at most three decimals and no needless zeros; `0` for what is not finite.
pub fn number(value: f64) -> String {
    if !value.is_finite() {
        return "0".to_owned();
    }
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Escapes markup and replaces characters that XML 1.0 forbids.
fn escape_into(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' | '\r' => out.push(' '),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
}
