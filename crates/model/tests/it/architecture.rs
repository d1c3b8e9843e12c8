use einthoven_model::{Error, TrainConfig, XResNetConfig};

#[test]
fn the_published_networks_have_their_published_numbers_of_parameters() {
    assert_eq!(XResNetConfig::xresnet1d101(71).n_parameters(), 1_880_775);
    assert_eq!(XResNetConfig::xresnet1d101(5).n_parameters(), 1_872_261);
    assert_eq!(XResNetConfig::xresnet1d50(71).n_parameters(), 962_503);
    assert_eq!(XResNetConfig::xresnet1d18(71).n_parameters(), 373_447);
    assert_eq!(XResNetConfig::xresnet1d18(5).n_parameters(), 364_933);
}

#[test]
fn an_architecture_survives_json() {
    let config = XResNetConfig::xresnet1d50(23);
    let json = serde_json::to_string(&config).unwrap();
    assert_eq!(serde_json::from_str::<XResNetConfig>(&json).unwrap(), config);
}

#[test]
fn an_architecture_that_cannot_be_built_names_its_field() {
    let good = XResNetConfig::xresnet1d18(5);
    good.check().unwrap();
    let cases = [
        ("kernel_size", XResNetConfig { kernel_size: 4, ..good.clone() }),
        ("n_leads", XResNetConfig { n_leads: 0, ..good.clone() }),
        ("strides", XResNetConfig { strides: vec![1, 2, 2, 3], ..good.clone() }),
        ("strides", XResNetConfig { strides: vec![1, 2, 2], ..good.clone() }),
        ("depths", XResNetConfig { depths: vec![1], ..good.clone() }),
        ("widths", XResNetConfig { widths: vec![1 << 40; 4], ..good.clone() }),
        ("stem", XResNetConfig { stem: vec![], ..good.clone() }),
        ("dropout", XResNetConfig { dropout: [0.0, 1.0], ..good.clone() }),
        ("dropout", XResNetConfig { dropout: [f64::NAN, 0.5], ..good }),
    ];
    for (wanted, config) in cases {
        match config.check() {
            Err(Error::Setting { field, .. }) => assert_eq!(field, wanted),
            other => panic!("{wanted}: {other:?}"),
        }
    }
}

#[test]
fn training_settings_that_cannot_be_met_name_their_field() {
    let good = TrainConfig::default();
    good.check().unwrap();
    let mut wide = good.clone();
    wide.augmentation.noise_mv = -1.0;
    let cases = [
        ("window", TrainConfig { window: 1001, ..good.clone() }),
        ("epochs", TrainConfig { epochs: 0, ..good.clone() }),
        ("batch", TrainConfig { batch: 1, ..good.clone() }),
        ("learning_rate", TrainConfig { learning_rate: f64::NAN, ..good.clone() }),
        ("weight_decay", TrainConfig { weight_decay: -0.1, ..good.clone() }),
        ("frozen_epochs", TrainConfig { frozen_epochs: 13, ..good.clone() }),
        ("patience", TrainConfig { patience: 0, ..good }),
        ("augmentation", wide),
    ];
    for (field, config) in cases {
        let message = config.check().unwrap_err().to_string();
        assert!(message.starts_with(&format!("use the setting '{field}': expected")), "{message}");
    }
}
