use einthoven_plot::value_text;
use einthoven_plot::xml::{Xml, number};

#[test]
fn hostile_text_stays_text() {
    let hostile = "<script>alert('1')</script> & \"q\" \u{1} \u{8} \u{fffe}";
    let mut xml = Xml::new();
    xml.open("a").attr("b", hostile).leaf("c", hostile);
    let text = xml.finish();
    assert!(!text.contains("<script"));
    let document = roxmltree::Document::parse(&text).unwrap();
    let read = "<script>alert('1')</script> & \"q\" \u{fffd} \u{fffd} \u{fffd}";
    assert_eq!(document.root_element().attribute("b"), Some(read));
    assert_eq!(document.root_element().first_element_child().unwrap().text(), Some(read));
}

#[test]
fn elements_nest_and_close() {
    let mut xml = Xml::new();
    xml.open("a").num("x", 0.5).open("b").close().leaf("c", "t").open("d").text("");
    assert_eq!(xml.finish(), r#"<a x="0.5"><b/><c>t</c><d></d></a>"#);
}

#[test]
fn numbers_are_short() {
    let cases = [(1.0, "1"), (0.12345, "0.123"), (-0.0001, "0"), (-2.5, "-2.5"), (100.0, "100"), (f64::NAN, "0")];
    for (value, text) in cases {
        assert_eq!(number(value), text);
    }
}

#[test]
fn values_keep_their_sign_and_size() {
    let cases = [
        (0.0, "0"),
        (0.25, "+0.2500"),
        (-1.5, "-1.5000"),
        (12e-6, "+1.20e-5"),
        (-3e7, "-3.00e7"),
        (f64::NAN, "not finite"),
        (f64::INFINITY, "not finite"),
    ];
    for (value, text) in cases {
        assert_eq!(value_text(value), text);
    }
}
