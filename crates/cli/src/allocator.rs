//! One arena for the C library's allocator. It gives each thread an arena of its own and keeps what is freed there; a
//! site that draws three thousand pictures a minute then holds twice the memory it uses, for no speed that could be
//! measured. The library reads these settings only as a process begins, so the process begins again.

use std::os::unix::process::CommandExt;
use std::process::Command;

/// What glibc reads (mallopt(3)). Values set by the operator are left alone.
const SETTINGS: [(&str, &str); 2] = [("MALLOC_ARENA_MAX", "1"), ("MALLOC_TRIM_THRESHOLD_", "131072")];

/// Begins the process again with the settings, under the same process id. Returns when they are already there.
///
/// # Errors
/// Why it cannot; then the site just uses more memory.
pub(crate) fn begin_with_one_arena() -> std::io::Result<()> {
    let missing: Vec<_> = SETTINGS.iter().filter(|(name, _)| std::env::var_os(name).is_none()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let program = std::env::current_exe()?;
    let mut args = std::env::args_os();
    let name = args.next().unwrap_or_default();
    Err(Command::new(program).arg0(name).args(args).envs(missing.into_iter().copied()).exec())
}
