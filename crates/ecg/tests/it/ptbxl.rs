//! A folder laid out as PhysioNet distributes PTB-XL.

use std::fs;
use std::path::Path;

use einthoven_ecg::ptbxl::{PtbXl, Split};
use einthoven_ecg::{Record, STANDARD, wfdb};
use tempfile::TempDir;

const STATEMENTS: &str = ",description,diagnostic,form,rhythm,diagnostic_class,diagnostic_subclass
NDT,non-diagnostic T abnormalities,1.0,1.0,,STTC,STTC
NORM,normal ECG,1.0,,,NORM,NORM
LVH,left ventricular hypertrophy,1.0,,,HYP,LVH
IMI,inferior myocardial infarction,1.0,,,MI,IMI
CLBBB,complete left bundle branch block,1.0,,,CD,CLBBB
SR,sinus rhythm,,,1.0,,
";

const DATABASE: &str = r#"ecg_id,patient_id,report,scp_codes,strat_fold,filename_lr,filename_hr
1,15709.0,"a, b","{'NORM': 100.0, 'LVOLT': 0.0, 'SR': 0.0}",3,records100/00000/00001_lr,records500/00000/00001_hr
2,13243.0,c,"{'IMI': 35.0, 'NDT': 100.0, 'LVH': 0.0}",9,records100/00000/00002_lr,records500/00000/00002_hr
3,20372.0,d,{'SR': 0.0},10,records100/00000/00003_lr,records500/00000/00003_hr
4,17014.0,e,{'CLBBB': 100.0},8,records100/00000/00004_lr,records500/00000/00004_hr
5,17448.0,f,{},1,records100/00000/00005_lr,records500/00000/00005_hr
"#;

/// A data set of five records, whose lead V1 holds the record's number in millivolts at its middle.
fn data_set(rates: &[(&str, &str, f64)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("scp_statements.csv"), STATEMENTS).unwrap();
    fs::write(folder.path().join("ptbxl_database.csv"), DATABASE).unwrap();
    for (name, suffix, rate) in rates {
        let below = folder.path().join(name).join("00000");
        fs::create_dir_all(&below).unwrap();
        for id in 1..=5 {
            let n = *rate as usize * 10;
            let mut signal: Vec<f32> = (0..12 * n).map(|k| (k as f32 * 0.1).sin()).collect();
            signal[6 * n + n / 2] = id as f32;
            let leads = STANDARD.map(|lead| lead.to_uppercase()).to_vec();
            wfdb::write(&Record::new(format!("0000{id}_{suffix}"), *rate, leads, signal), &below).unwrap();
        }
    }
    folder
}

#[test]
fn splits_superclasses_and_signals() {
    let folder = data_set(&[("records100", "lr", 100.0), ("records500", "hr", 500.0)]);
    let data = PtbXl::open(folder.path()).unwrap();
    let ids = |split| data.split(split).map(|entry| entry.id).collect::<Vec<_>>();
    assert_eq!((ids(Split::Train), ids(Split::Validation), ids(Split::Test)), (vec![1, 4, 5], vec![2], vec![3]));
    // NORM, MI, STTC, CD, HYP; a likelihood of 0 counts, as in the benchmark of the data set's authors.
    let classes: Vec<[bool; 5]> = data.entries().iter().map(|entry| entry.superclasses).collect();
    let (y, n) = (true, false);
    assert_eq!(classes, [[y, n, n, n, n], [n, y, y, n, y], [n; 5], [n, n, n, y, n], [n; 5]]);
    assert_eq!(data.entries()[1].statements[0], ("IMI".to_string(), 35.0));
    for entry in data.entries() {
        let (record, _) = data.record(entry).unwrap();
        assert_eq!((record.rate, record.n_samples(), &record.leads[3]), (100.0, 1000, &"aVR".to_string()));
        assert!((record.lead(6)[500] - entry.id as f32).abs() < 1e-4);
    }
    assert_eq!(data.record(&data.entries()[0]).unwrap().0.labels, ["NORM", "LVOLT", "SR"]);
}

#[test]
fn the_larger_signals_serve_where_the_smaller_are_missing() {
    let folder = data_set(&[("records500", "hr", 500.0)]);
    let data = PtbXl::open(folder.path()).unwrap();
    assert_eq!(data.record(&data.entries()[2]).unwrap().0.rate, 500.0);
}

fn message(folder: &Path) -> String {
    PtbXl::open(folder).unwrap_err().to_string()
}

#[test]
fn what_is_missing_or_wrong_is_named() {
    let folder = data_set(&[]);
    assert!(message(folder.path()).contains("neither records100 nor records500"));
    let folder = data_set(&[("records100", "lr", 100.0)]);
    let table = folder.path().join("ptbxl_database.csv");
    let cases = [
        ("strat_fold", "fold", "ptbxl_database.csv: it has no column strat_fold"),
        ("0},10,", "0},11,", "line 4: strat_fold must be 1 to 10"),
        ("0},10,", "0},ten,", "line 4: strat_fold is `ten`"),
        ("{'SR': 0.0}", "SR", "line 4: scp_codes is `SR`; it must read like {'NORM': 100.0"),
        ("{'SR': 0.0}", "{'SR': x}", "line 4: scp_codes is"),
        ("records100/00000/00003_lr", "../../x", "line 4: file name is `../../x`"),
        ("records100/00000/00003_lr", "/etc/passwd", "line 4: file name is `/etc/passwd`"),
        ("records100/00000/00003_lr", "", "line 4: file name is ``"),
        ("3,20372.0", "three,20372.0", "line 4: ecg_id is `three`"),
        ("3,20372.0,d", "3,20372.0,d,more", "line: 4"),
    ];
    for (from, to, expected) in cases {
        assert!(DATABASE.contains(from));
        fs::write(&table, DATABASE.replace(from, to)).unwrap();
        let message = message(folder.path());
        assert!(message.contains(expected), "{expected}: {message}");
    }
    fs::write(&table, DATABASE).unwrap();
    fs::write(folder.path().join("scp_statements.csv"), STATEMENTS.replace("CD,CLBBB", "XX,CLBBB")).unwrap();
    assert!(message(folder.path()).contains("scp_statements.csv: line 6: diagnostic_class is `XX`"));
    fs::remove_file(folder.path().join("scp_statements.csv")).unwrap();
    assert!(message(folder.path()).contains("scp_statements.csv"));
    fs::write(folder.path().join("scp_statements.csv"), STATEMENTS).unwrap();
    let data = PtbXl::open(folder.path()).unwrap();
    fs::remove_file(folder.path().join("records100/00000/00001_lr.hea")).unwrap();
    let message = data.record(&data.entries()[0]).unwrap_err().to_string();
    assert!(message.contains("00001_lr.hea"), "{message}");
}
