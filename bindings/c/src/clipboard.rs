//! Clipboards, both ways.

use std::ffi::c_char;
use std::ptr;

use tightrope::rfb::clipboard::{Content, Image};

use crate::error::Fault;
use crate::memory::{counted_text, slice};

/// There is plain text.
pub const TR_CLIPBOARD_TEXT: u32 = 1;
/// There is HTML.
pub const TR_CLIPBOARD_HTML: u32 = 2;
/// There is Rich Text Format.
pub const TR_CLIPBOARD_RTF: u32 = 4;
/// There is an image. If `image` is NULL it moves when somebody asks for it.
pub const TR_CLIPBOARD_IMAGE: u32 = 8;

/// One thing that was copied, in as many forms as there are: what is NULL is not there. In what the library gives, `text` and
/// `html` end with a zero byte besides, which their lengths do not count.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct tr_clipboard {
    /// What there is: TR_CLIPBOARD_* together. What you give may leave it 0, but for an image on request, which is
    /// TR_CLIPBOARD_IMAGE with `image` NULL.
    pub formats: u32,
    /// Plain text, UTF-8; lines end in \n.
    pub text: *const c_char,
    /// Its bytes.
    pub text_length: usize,
    /// HTML, UTF-8.
    pub html: *const c_char,
    /// Its bytes.
    pub html_length: usize,
    /// Rich Text Format.
    pub rtf: *const u8,
    /// Its bytes.
    pub rtf_length: usize,
    /// A device-independent bitmap (DIB).
    pub image: *const u8,
    /// Its bytes.
    pub image_length: usize,
}

impl Default for tr_clipboard {
    fn default() -> Self {
        Self {
            formats: 0,
            text: ptr::null(),
            text_length: 0,
            html: ptr::null(),
            html_length: 0,
            rtf: ptr::null(),
            rtf_length: 0,
            image: ptr::null(),
            image_length: 0,
        }
    }
}

/// What `clipboard` says.
///
/// The caller promises a clipboard there, and what it points to.
pub(crate) unsafe fn read(clipboard: *const tr_clipboard) -> Result<Content, Fault> {
    // SAFETY: the caller promises a clipboard.
    let given = unsafe { slice(clipboard, 1, "clipboard") }?;
    let Some(given) = given.first() else {
        return Ok(Content::default());
    };
    // SAFETY: the caller promises so many readable bytes.
    let text = unsafe { counted_text(given.text, given.text_length, "clipboard.text") }?;
    // SAFETY: the caller promises so many readable bytes.
    let html = unsafe { counted_text(given.html, given.html_length, "clipboard.html") }?;
    // SAFETY: the caller promises so many readable bytes.
    let rtf = unsafe { optional_bytes(given.rtf, given.rtf_length, "clipboard.rtf") }?;
    // SAFETY: the caller promises so many readable bytes.
    let image = unsafe { optional_bytes(given.image, given.image_length, "clipboard.image") }?;
    let image = match image {
        Some(dib) => Some(Image::Dib(dib.to_vec().into())),
        None => (given.formats & TR_CLIPBOARD_IMAGE != 0).then_some(Image::OnRequest),
    };
    Ok(Content {
        text: text.map(str::to_owned),
        html: html.map(str::to_owned),
        rtf: rtf.map(<[u8]>::to_vec),
        image,
    })
}

/// `length` bytes at `pointer`, the argument `name`; none if it is null.
///
/// The caller promises that they can be read.
pub(crate) unsafe fn optional_bytes<'a>(
    pointer: *const u8,
    length: usize,
    name: &str,
) -> Result<Option<&'a [u8]>, Fault> {
    if pointer.is_null() && length == 0 {
        return Ok(None);
    }
    // SAFETY: the caller promises so many readable bytes.
    unsafe { slice(pointer, length, name) }.map(Some)
}
