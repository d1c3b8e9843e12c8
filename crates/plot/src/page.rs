//! What all reports have in common: one self-contained HTML page and its usual parts.

use einthoven_game::Attribution;

use crate::tables;
use crate::xml::Xml;

const STYLE: &str = include_str!("report.css");

/// A page that fetches nothing: no script, no font, no picture comes from elsewhere.
pub(crate) fn page(title: &str, body: impl FnOnce(&mut Xml)) -> String {
    let mut html = Xml::new();
    html.open("html").attr("lang", "en").attr("xmlns", "http://www.w3.org/1999/xhtml");
    html.open("head").open("meta").attr("charset", "utf-8").close();
    html.open("meta").attr("http-equiv", "Content-Security-Policy");
    html.attr("content", "default-src 'none'; style-src 'unsafe-inline'").close();
    html.open("meta").attr("name", "viewport").attr("content", "width=device-width, initial-scale=1").close();
    html.leaf("title", title).open("style").markup(STYLE).close().close();
    html.open("body").open("main");
    body(&mut html);
    format!("<!DOCTYPE html>\n{}\n", html.finish())
}

/// A part of the page under a heading.
pub(crate) fn section(html: &mut Xml, heading: &str, body: impl FnOnce(&mut Xml)) {
    html.open("section").leaf("h2", heading);
    body(html);
    html.close();
}

/// Pictures in true size, side by side as far as they fit.
pub(crate) fn charts(html: &mut Xml, pictures: impl IntoIterator<Item = String>) {
    row(html, "charts", pictures);
}

/// Pictures two by two, made smaller where they are too wide for that.
pub(crate) fn pairs(html: &mut Xml, pictures: impl IntoIterator<Item = String>) {
    row(html, "charts pairs", pictures);
}

fn row(html: &mut Xml, class: &str, pictures: impl IntoIterator<Item = String>) {
    html.open("div").attr("class", class).text("");
    for picture in pictures {
        html.open("div").markup(&picture).close();
    }
    html.close();
}

/// What the page is not, such as a medical device; nothing, if there is nothing to say.
pub(crate) fn notice(html: &mut Xml, notice: &str) {
    if !notice.is_empty() {
        html.open("p").attr("class", "notice").text(notice).close();
    }
}

/// All warnings once, in order: the caller's first, then the explained attribution's, then those that only others have.
pub(crate) fn warnings(html: &mut Xml, own: &[String], attributions: &[Attribution], target: usize) {
    let target = &attributions[target];
    let mut all: Vec<String> = own.to_vec();
    all.extend(target.warnings.iter().cloned());
    for other in attributions.iter().filter(|other| other.output != target.output) {
        let new = other.warnings.iter().filter(|warning| !target.warnings.contains(warning));
        all.extend(new.map(|warning| format!("{}: {warning}", other.output)));
    }
    warning_box(html, all);
}

/// A box with these warnings, each once; nothing, if there is none.
pub(crate) fn warning_box(html: &mut Xml, mut all: Vec<String>) {
    let mut seen = std::collections::HashSet::new();
    all.retain(|warning| seen.insert(warning.clone()));
    if all.is_empty() {
        return;
    }
    html.open("section").attr("class", "warnings").attr("role", "alert");
    html.leaf("h2", if all.len() == 1 { "Warning" } else { "Warnings" }).open("ul");
    for warning in &all {
        html.leaf("li", warning);
    }
    html.close().close();
}

/// What was asked for and how it ran, with a note on how to read the values.
pub(crate) fn settings(html: &mut Xml, settings: &[(String, String)], attribution: &Attribution, note: &str) {
    let run = &attribution.run;
    section(html, "Settings", |html| {
        html.open("div").attr("class", "columns").text("");
        tables::pairs(html, settings.iter().map(|(key, value)| (key.as_str(), value.clone())));
        if !run.is_empty() {
            // What a spectral method found has a section of its own.
            let run = run.iter().filter(|(key, _)| *key != "spectral");
            tables::pairs(html, run.map(|(key, value)| (key.as_str(), plain(value))));
        }
        html.close();
        html.open("p").attr("class", "note").text(note).close();
    });
}

/// A JSON value as a person writes it.
fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
