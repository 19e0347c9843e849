//! Style sheet, scripts and icons, built into the binary and named by what they contain.

/// One file below `/assets/`.
#[derive(Debug, Clone)]
pub struct Asset {
    /// Path below the base path, with the hash: `/assets/1f0a3c…/site.css`. May be cached for ever.
    pub path: String,
    /// Its `Content-Type`.
    pub content_type: &'static str,
    /// Its bytes.
    pub bytes: bytes::Bytes,
}

/// All assets of one build and one accent.
#[derive(Debug, Clone, Default)]
pub struct Assets {
    files: Vec<Asset>,
}

impl Assets {
    /// Assets with the site's accent: six hex digits after `#`, else the built-in one.
    pub fn new(accent: Option<&str>) -> Assets {
        let _ = accent;
        Assets { files: Vec::new() }
    }

    /// All files, to serve them.
    pub fn files(&self) -> &[Asset] {
        &self.files
    }

    /// The file at `path` (below the base path, beginning with `/assets/`).
    pub fn get(&self, path: &str) -> Option<&Asset> {
        self.files.iter().find(|f| f.path == path)
    }
}
