//! Replays files and prints verdicts: `cargo run -p allclear-detect --example replay_files FILE...`.

use allclear_detect::replay::{Options, run};
use std::io::{BufReader, stdout};

fn main() {
    for name in std::env::args().skip(1) {
        let file = match std::fs::File::open(&name) {
            Ok(f) => f,
            Err(e) => {
                eprintln!("{name}: {e}");
                continue;
            }
        };
        println!("# {name}");
        if let Err(e) = run([(name, BufReader::new(file))], &Options::default(), &mut stdout(), &mut |w| eprintln!("{w}")) {
            eprintln!("{e}");
        }
    }
}
