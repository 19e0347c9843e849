//! Official pages from outside: what real payloads mean, and that none of any kind does harm.

mod fixtures;
mod robust;
