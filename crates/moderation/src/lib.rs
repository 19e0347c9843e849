//! x
#[cfg(test)]
mod tests {
    use rustrict::*;
    #[test]
    fn t() {
        for l in include_str!("../corpus/training.tsv").lines() {
            let mut c = l.split('\t');
            let (k, g, t) = (c.next().unwrap(), c.next().unwrap(), c.next().unwrap().replace("\\n", "\n"));
            let a = Censor::from_str(&t).analyze();
            let b = a.is((Type::OFFENSIVE | Type::SEXUAL | Type::MEAN) & Type::SEVERE);
            let d = a.is((Type::OFFENSIVE | Type::SEXUAL | Type::MEAN) & Type::MODERATE_OR_HIGHER);
            if d {
                println!("{k} {g} severe={b} {t}   {a:?}");
            }
        }
        panic!();
    }
}
