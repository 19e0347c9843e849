//! `allclear completions`

use crate::exit::{OK, Outcome};
use crate::output;
use clap::CommandFactory;

/// Print a completion script for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  allclear completions bash > /etc/bash_completion.d/allclear
  allclear completions zsh > \"${fpath[1]}/_allclear\"

Exit codes: 0 printed; 2 usage.")]
pub(crate) struct Completions {
    /// Which shell
    shell: clap_complete::Shell,
}

impl Completions {
    pub(crate) fn run(self) -> Outcome {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut super::Cli::command(), "allclear", &mut script);
        output::print(&String::from_utf8_lossy(&script))?;
        Ok(OK)
    }
}
