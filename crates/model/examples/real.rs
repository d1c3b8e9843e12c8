use burn::tensor::Device;
use einthoven_ecg::{ReadOptions, Record, labels::NAMES};
use einthoven_model::metrics::*;
use einthoven_model::*;
use std::collections::BTreeMap;
use std::path::Path;
fn read(path: &Path) -> Record {
    let s = einthoven_ecg::read(path, &ReadOptions::default()).unwrap();
    Record::from_signals(&s).unwrap().0
}
fn main() {
    let data = Path::new("/work/shared/data");
    let args: Vec<String> = std::env::args().skip(1).collect();
    let model = if args[0] == "builtin" { builtin().unwrap() } else { load(Path::new(&args[0])).unwrap() };
    let odd = args.get(1).map(|s| s == "odd").unwrap_or(true);
    let text = std::fs::read_to_string(data.join("ludb/labels.csv")).unwrap();
    let (mut signals, mut labels, mut ids) = (vec![], vec![], vec![]);
    let prep = model.preparation().clone();
    let map: BTreeMap<usize, String> = text
        .lines()
        .skip(1)
        .map(|l| {
            let mut f = l.split(',');
            (f.next().unwrap().parse().unwrap(), f.next().unwrap().to_string())
        })
        .collect();
    for (id, classes) in &map {
        if (id % 2 == 1) != odd {
            continue;
        }
        let r = read(&data.join(format!("ludb/data/{id}.hea")));
        let p = prep.apply(&r, 0.0).unwrap();
        signals.extend_from_slice(p.signal());
        let c: Vec<&str> = classes.split('|').collect();
        labels.extend(NAMES.iter().map(|n| c.contains(n)));
        ids.push(*id);
    }
    let n = ids.len();
    let ds = Dataset { signals, labels, shape: [12, prep.n_samples, 5] };
    if args.len() > 3 {
        std::fs::write(&args[3], ds.signals.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>()).unwrap();
    }
    let logits = evaluate(&model, &ds, &Device::flex());
    println!("{n} records");
    let m = Metrics::new(&NAMES.map(String::from), &logits, &ds.labels, &model.card().thresholds);
    println!("macro {:.4}", m.macro_auc.unwrap());
    for c in &m.classes {
        println!(
            "{:5} auc {:.3} pos {} | thr {:.3} tp {} fp {} fn {} tn {}",
            c.name,
            c.auc.unwrap_or(f64::NAN),
            c.true_positives + c.false_negatives,
            c.threshold,
            c.true_positives,
            c.false_positives,
            c.false_negatives,
            c.true_negatives
        );
    }
    if args.len() > 2 {
        for (i, id) in ids.iter().enumerate() {
            let p: Vec<String> = logits[i * 5..i * 5 + 5].iter().map(|&x| format!("{:.2}", probability(x))).collect();
            println!("{id} {} {}", map[id], p.join(" "));
        }
    }
}
