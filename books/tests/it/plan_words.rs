//! What a plan may say about a table.

use books::{ExtraFields, TableSpec};

#[test]
fn one_text_may_stand_for_a_list_of_one() {
    let spec: TableSpec = toml::from_str(
        "files = '*.csv'\ncolumns = { amount = 'Amount', unit = ['Unit', '部门'] }\n\
         extra_fields = 'drop'\n[[file]]\nmatch = 'x.csv'\nencoding = 'gb18030'",
    )
    .unwrap();
    assert_eq!(spec.files, ["*.csv"]);
    assert_eq!(spec.columns["amount"], ["Amount"]);
    assert_eq!(spec.columns["unit"], ["Unit", "部门"]);
    assert_eq!(spec.extra_fields, ExtraFields::Drop);
    assert_eq!(spec.overrides[0].files, ["x.csv"]);
    assert!(spec.header);
    let again: TableSpec = toml::from_str(&toml::to_string(&spec).unwrap()).unwrap();
    assert_eq!(again, spec);
}

#[test]
fn a_word_that_means_nothing_is_refused() {
    for text in [
        "skip_foter = 1",
        "[[file]]\nmatch = 'x'\nnames_ = []",
        "extra_fields = 'maybe'",
    ] {
        assert!(toml::from_str::<TableSpec>(text).is_err(), "{text}");
    }
}

#[test]
fn the_schema_names_every_setting_and_no_other() {
    let schema = schemars::schema_for!(TableSpec);
    let schema = schema.as_value();
    let mut settings: Vec<&str> = schema["properties"]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    settings.sort_unstable();
    let expect = [
        "columns",
        "delimiter",
        "encoding",
        "extra_fields",
        "file",
        "files",
        "format",
        "header",
        "ignore",
        "keep_stray_quotes",
        "names",
        "null_values",
        "only",
        "optional",
        "pad_short",
        "quote",
        "skip_blank_lines",
        "skip_footer",
        "skip_header",
        "trim",
    ];
    assert_eq!(settings, expect);
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(schema.get("required"), None);
}
