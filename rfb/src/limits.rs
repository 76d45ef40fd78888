//! Every bound on what a peer may make us hold, in one place.

/// What we accept from a peer. Anything beyond is an error, never a wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Pixels of a framebuffer.
    pub framebuffer_pixels: usize,
    /// Bytes of clipboard text, of RTF and of HTML, each, on the wire and inflated.
    pub clipboard_text: usize,
    /// Bytes of a clipboard image, inflated: 4 for a pixel and a header. 0 for no images.
    pub clipboard_image: usize,
    /// Bytes of the desktop's name.
    pub name: usize,
    /// Bytes of a refusal's reason.
    pub reason: usize,
    /// Pixels across and down of a pointer shape.
    pub cursor_side: u16,
    /// Bytes of answers (fences, clipboard, bells) a peer may leave unread.
    pub unread_output: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            framebuffer_pixels: 64 << 20,
            clipboard_text: 1 << 20,
            clipboard_image: 32 << 20,
            name: 1 << 12,
            reason: 1 << 12,
            cursor_side: 1 << 10,
            unread_output: 4 << 20,
        }
    }
}

impl Limits {
    /// Bytes of one message of the extended clipboard: everything at once, with what flags, sizes and incompressible
    /// data may add.
    pub(crate) fn extended_clipboard(&self) -> usize {
        let all = self.clipboard_text * 3 + self.clipboard_image;
        all + all / 256 + 1024
    }
}
