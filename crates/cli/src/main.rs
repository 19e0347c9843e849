//! `allclear`: one binary that serves the site and talks to it.

mod agent;
mod allocator;
mod clock;
mod commands;
mod config;
mod demo;
mod descriptors;
mod embedded;
mod exit;
mod folder;
mod house;
mod lifecycle;
mod operate;
mod output;
mod page_changes;
mod prepared;
mod socket;
mod telemetry;
mod usual;
mod watch;

use std::process::ExitCode;

fn main() -> ExitCode {
    // Usage errors end here with exit code 2, `--help` and `--version` with 0.
    let cli = commands::Cli::of_process();
    match cli.command.run() {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            if !failure.message.is_empty() {
                output::error(&failure.message);
            }
            ExitCode::from(failure.code)
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_tree_of_commands_is_sound() {
        super::commands::Cli::command().debug_assert();
    }
}
