//! The report on interactions: one HTML file with the pictures that suit them.

use einthoven_game::{Attribution, Index};

use crate::arcs::arcs_svg;
use crate::bars::term_bars_svg;
use crate::force::force_svg;
use crate::groups::Group;
use crate::heatmap::{group_heatmap_svg, heatmap_svg};
use crate::layout::Layout;
use crate::network::network_svg;
use crate::page::{self, charts, pairs, section};
use crate::paper::{Picture, ecg_svg};
use crate::players;
use crate::report::Prediction;
use crate::si_graph::si_graph_svg;
use crate::stacked::stacked_svg;
use crate::tables;
use crate::upset::upset_svg;
use crate::waterfall::waterfall_svg;
use crate::xml::Xml;

/// Terms in the pictures that show them one by one.
const TOP: usize = 20;
/// Terms in the table, and in its folded part.
const TABLE: [usize; 2] = [40, 1000];
/// Terms shown for outputs other than the explained one.
const OTHERS: usize = 10;

/// What goes into a report on interactions.
#[derive(Clone, Copy, Debug)]
pub struct InteractionReport<'a> {
    /// What was explained: the name of a record, or of a game.
    pub name: &'a str,
    /// One attribution per explained output.
    pub attributions: &'a [Attribution],
    /// The attribution that is drawn; the others are folded away.
    pub target: usize,
    /// The record and who plays in it, if a record was explained. Its attribution, layout and title are those of the
    /// report.
    pub picture: Option<Picture<'a>>,
    /// What the model said, output by output; empty, if there was no model.
    pub predictions: &'a [Prediction],
    /// What was asked for, as key and value.
    pub settings: &'a [(String, String)],
    /// What a reader must know; those of the attributions are added.
    pub warnings: &'a [String],
    /// What the report is not, such as a medical device.
    pub notice: &'a str,
}

/// The report as an HTML file: no script, no font, no picture comes from elsewhere. Pictures of pairs are in it if there
/// is a term of two players or more.
///
/// # Panics
/// If `target` is not one of the attributions, or partition and record differ in shape.
pub fn interaction_html(report: &InteractionReport) -> String {
    let attribution = &report.attributions[report.target];
    let title = format!("{}: interactions for {}", report.name, attribution.output);
    let picture = report.picture.map(|picture| Picture {
        attribution: Some(attribution),
        layout: Layout::TwelveByOne,
        title: &title,
        ..picture
    });
    page::page(&title, |html| {
        html.open("header").leaf("h1", report.name);
        page::notice(html, report.notice);
        html.close();
        page::warnings(html, report.warnings, report.attributions, report.target);
        html.open("div").attr("class", "columns");
        if !report.predictions.is_empty() {
            section(html, "Prediction", |html| tables::predictions(html, report.predictions, &attribution.output));
        }
        section(html, &format!("Explanation of {}", attribution.output), |html| tables::facts(html, attribution));
        html.close();
        if attribution.run.contains_key("spectral") {
            let head = "What sparse functions explain of coalitions held out";
            section(html, head, |html| tables::comparison(html, attribution));
        }
        if let Some(picture) = &picture {
            paper(html, picture);
        }
        if order(attribution) > 1 {
            section(html, "What acts together", |html| pairs(html, together(attribution, picture.as_ref())));
        }
        if attribution.index == Index::Fourier {
            // Coefficients do not add up to the way.
            section(html, "The largest terms", |html| charts(html, [term_bars_svg(attribution, TOP)]));
        } else {
            section(html, "From everything masked to the whole", |html| {
                pairs(html, [waterfall_svg(attribution, TOP), term_bars_svg(attribution, TOP)]);
                charts(html, [force_svg(attribution, TOP / 2)]);
            });
        }
        term_table(html, attribution);
        other_outputs(html, report);
        page::settings(html, report.settings, attribution, &note(attribution));
    })
}

/// The largest number of players in a term.
fn order(attribution: &Attribution) -> usize {
    attribution.terms.iter().map(|term| term.players.len()).max().unwrap_or(0)
}

fn paper(html: &mut Xml, picture: &Picture) {
    section(html, "The record on ECG paper", |html| {
        // With arcs beside it the sheet is wider than a page, so it is made smaller; its grid keeps the scale.
        match arcs_svg(picture, TOP) {
            Some(svg) => html.open("div").attr("class", "fit").markup(&svg).close(),
            None => html.open("div").attr("class", "paper").markup(&ecg_svg(picture)).close(),
        };
    });
}

fn together(attribution: &Attribution, picture: Option<&Picture>) -> Vec<String> {
    let mut pictures = vec![network_svg(attribution), heatmap_svg(attribution), upset_svg(attribution, TOP)];
    if attribution.index == Index::KSii {
        pictures.push(stacked_svg(attribution));
    }
    if order(attribution) > 2 {
        pictures.push(si_graph_svg(attribution, TOP, None));
    }
    if let Some(picture) = picture {
        pictures
            .extend([Group::Leads, Group::Windows].into_iter().filter_map(|group| group_heatmap_svg(picture, group)));
    }
    pictures
}

fn term_table(html: &mut Xml, attribution: &Attribution) {
    let count = attribution.terms.iter().filter(|term| !term.players.is_empty()).count();
    section(html, "Terms by magnitude", |html| {
        html.open("div").attr("class", "columns").open("div").text("");
        tables::terms_by_magnitude(html, attribution, TABLE[0], None);
        html.close();
        // Of many players the largest terms are mostly their own values.
        if count > TABLE[0] && order(attribution) > 1 {
            html.open("div").text("");
            tables::terms_from(html, attribution, 2, TABLE[0], None);
            html.close();
        }
        html.close();
        if count > TABLE[0] {
            let words = match count {
                count if count > TABLE[1] => format!("The {} largest of {count} terms", TABLE[1]),
                count => format!("All {count} terms"),
            };
            html.open("details").leaf("summary", &words);
            tables::terms_by_magnitude(html, attribution, TABLE[1], None);
            html.close();
        }
    });
}

fn other_outputs(html: &mut Xml, report: &InteractionReport) {
    if report.attributions.len() < 2 {
        return;
    }
    section(html, "Other outputs", |html| {
        for (_, other) in report.attributions.iter().enumerate().filter(|(index, _)| *index != report.target) {
            html.open("details").leaf("summary", &other.output);
            html.open("div").attr("class", "columns").open("div").text("");
            tables::terms_by_magnitude(html, other, OTHERS, None);
            html.close();
            tables::facts(html, other);
            html.close().close();
        }
    });
}

fn note(attribution: &Attribution) -> String {
    let unit = players::unit(attribution.link);
    if attribution.index == Index::Fourier {
        return format!(
            "A term is the Fourier coefficient of a set: what the model says is the sum of all, each turned in sign as often as \
             players of its set are on. So a single player of a negative coefficient (blue) raises the {unit}, one of a positive \
             coefficient (orange) lowers it."
        );
    }
    format!(
        "A term of one player is what that player adds to the model's {unit}, a term of several what they add together \
         beyond what they add apart, both as the index {} counts it. Orange raises the {unit}, blue lowers it.",
        players::index_name(attribution)
    )
}
