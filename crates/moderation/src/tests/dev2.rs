use rustrict::{Censor, Type};
#[test]
fn rustrict_gain() {
    for (name, file) in [("training", include_str!("../../corpus/training.tsv")), ("held_out", include_str!("../../corpus/held_out.tsv"))] {
        for (level, sev) in [("severe", Type::SEVERE), ("moderate", Type::MODERATE_OR_HIGHER)] {
            for en_only in [true, false] {
                let (mut ok, mut more, mut all) = (0, 0, 0);
                for l in file.lines() {
                    let c: Vec<&str> = l.splitn(3, '\t').collect();
                    if en_only && c[1] != "en" { continue; }
                    let t = super::free(&c[2].replace("\\n", "\n"));
                    let bad = Censor::from_str(t.as_str()).analyze().is((Type::OFFENSIVE | Type::SEXUAL | Type::MEAN) & sev);
                    let shown = super::judged(t.as_str(), 0).decision == allclear_model::moderation::Decision::Show;
                    if bad { if c[0] == "ok" { ok += usize::from(shown) } else { all += 1; more += usize::from(shown) } }
                }
                println!("RUSTRICT {name} {level} en_only={en_only}: abuse it sees {all}, of which we show {more}; honest it would hold {ok}");
            }
        }
    }
    panic!();
}
