//! The local clipboard, on a thread of its own: another program may take its time to hand over what it has copied.
//!
//! It is given one thing at a time: text, with HTML or without, or an image. Where there is more than that, the image
//! moves only if it is what was copied, and not the looks of a text.

#[cfg(all(unix, not(target_os = "macos")))]
mod selection;

use crate::command::Command;
use arboard::ImageData;
use rfb::Limits;
#[cfg(any(test, not(all(unix, not(target_os = "macos")))))]
use rfb::Size;
use rfb::clipboard::{Bitmap, Content, Image};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::mpsc::{Receiver, Sender, channel};
use tightrope::image::with_red_and_blue_swapped;
#[cfg(all(unix, not(target_os = "macos")))]
use tightrope::image::write_png;
use tokio::sync::mpsc::UnboundedSender;

/// Bytes of one request that every X server of today takes, with room to spare: they allow 16 MiB.
#[cfg(all(unix, not(target_os = "macos")))]
const X_REQUEST: usize = 14 << 20;

/// A handle to the local clipboard.
pub(crate) struct LocalClipboard {
    jobs: Sender<Job>,
}

enum Job {
    Look,
    Set(Content),
    SetImage(Vec<u8>),
}

impl LocalClipboard {
    /// Starts the thread; what is new on the local clipboard goes to `commands`.
    pub(crate) fn start(commands: UnboundedSender<Command>) -> Self {
        let (jobs, queue) = channel();
        std::thread::spawn(move || serve(&queue, &commands));
        Self { jobs }
    }
    /// Looks whether there is something new on the local clipboard, and offers it to the server.
    pub(crate) fn look(&self) {
        self.send(Job::Look);
    }
    /// Puts `content`, which came from the server, on the local clipboard.
    pub(crate) fn set(&self, content: Content) {
        self.send(Job::Set(content));
    }
    /// Puts the image that was asked for, a DIB, on the local clipboard.
    pub(crate) fn set_image(&self, image: Option<Vec<u8>>) {
        if let Some(image) = image {
            self.send(Job::SetImage(image));
        }
    }
    fn send(&self, job: Job) {
        // The thread is gone if there is no clipboard: it has said so.
        _ = self.jobs.send(job);
    }
}

fn serve(queue: &Receiver<Job>, commands: &UnboundedSender<Command>) {
    let mut clipboard = match arboard::Clipboard::new() {
        Ok(clipboard) => clipboard,
        Err(error) => {
            tracing::warn!("there is no local clipboard: {error}");
            return;
        }
    };
    let (mut reader, mut known) = (Reader::new(), Known::default());
    for job in queue {
        let done = match job {
            Job::Look => {
                if let Some(content) = known.changed(reader.look(&mut clipboard)) {
                    _ = commands.send(Command::Clipboard(content));
                }
                Ok(())
            }
            Job::Set(content) => {
                if content.text.is_some() || content.html.is_some() {
                    known.came(&content);
                }
                if is_picture(&content) && content.image == Some(Image::OnRequest) {
                    _ = commands.send(Command::ClipboardImage);
                }
                set(&mut clipboard, content, &mut known)
            }
            Job::SetImage(dib) => set_image(&mut clipboard, &dib, &mut known),
        };
        if let Err(error) = done {
            tracing::warn!("the clipboard does not take it: {error}");
        }
    }
}

/// What is on the local clipboard.
struct Local {
    /// Without the image.
    content: Content,
    image: Option<Bitmap>,
}

/// Reads it.
#[cfg(all(unix, not(target_os = "macos")))]
struct Reader(Option<selection::Selection>);

#[cfg(all(unix, not(target_os = "macos")))]
impl Reader {
    fn new() -> Self {
        Self(selection::Selection::open())
    }
    fn look(&mut self, _clipboard: &mut arboard::Clipboard) -> Local {
        let read = self.0.as_ref().map(|selection| selection.look());
        let (content, image) = match read {
            Some(Ok(read)) => read,
            Some(Err(error)) => {
                tracing::debug!("the clipboard cannot be read: {error}");
                // The rest of an answer may still come to the old one.
                self.0 = selection::Selection::open();
                Default::default()
            }
            None => Default::default(),
        };
        Local { content, image }
    }
}

/// Reads it.
#[cfg(not(all(unix, not(target_os = "macos"))))]
struct Reader;

#[cfg(not(all(unix, not(target_os = "macos"))))]
impl Reader {
    fn new() -> Self {
        Self
    }
    fn look(&mut self, clipboard: &mut arboard::Clipboard) -> Local {
        // An error means that there is none.
        let text = clipboard.get_text().ok();
        let html = clipboard.get().html().ok();
        let content = Content {
            // Lines end in `\n` on the wire.
            text: text
                .map(|text| text.replace("\r\n", "\n"))
                .filter(|text| !text.is_empty()),
            html: html.filter(|html| !html.is_empty()),
            ..Content::default()
        };
        let may_be_picture = is_picture(&Content {
            image: Some(Image::OnRequest),
            ..content.clone()
        });
        let image = may_be_picture.then(|| clipboard.get_image().ok()).flatten();
        let image = image.and_then(|image| {
            let size = Size::new(image.width.try_into().ok()?, image.height.try_into().ok()?);
            Bitmap::new(size, with_red_and_blue_swapped(image.bytes.into_owned()))
        });
        Local { content, image }
    }
}

fn set(
    clipboard: &mut arboard::Clipboard,
    content: Content,
    known: &mut Known,
) -> Result<(), String> {
    let Content {
        text, html, image, ..
    } = content;
    if let (None, None, Some(Image::Dib(dib))) = (&text, &html, &image) {
        return set_image(clipboard, dib, known);
    }
    let done = match (html, text) {
        (Some(html), text) => clipboard.set_html(html, text),
        (None, Some(text)) => clipboard.set_text(text),
        (None, None) => Ok(()),
    };
    done.map_err(|error| error.to_string())
}

fn set_image(
    clipboard: &mut arboard::Clipboard,
    dib: &[u8],
    known: &mut Known,
) -> Result<(), String> {
    let limit = Limits::default().clipboard_image;
    let bitmap = Bitmap::decode(dib, limit).map_err(|error| error.to_string())?;
    check_size(&bitmap)?;
    known.image_came(&bitmap);
    let size = bitmap.size();
    let image = ImageData {
        width: size.width.into(),
        height: size.height.into(),
        bytes: with_red_and_blue_swapped(bitmap.into_pixels()).into(),
    };
    clipboard
        .set_image(image)
        .map_err(|error| error.to_string())
}

/// Whether a program can be given it: arboard puts it into one request, and what does not fit leaves who pastes waiting.
#[cfg(all(unix, not(target_os = "macos")))]
fn check_size(bitmap: &Bitmap) -> Result<(), String> {
    let file = write_png(bitmap).map_err(|error| error.to_string())?;
    match file.len() {
        fits if fits <= X_REQUEST => Ok(()),
        length => Err(format!(
            "an image of {length} bytes as PNG is too large for the X server"
        )),
    }
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
fn check_size(_bitmap: &Bitmap) -> Result<(), String> {
    Ok(())
}

/// Whether the image is what was copied: there is nothing else, or only where it is from.
pub(super) fn is_picture(content: &Content) -> bool {
    let bare = match (&content.text, &content.html) {
        (_, Some(html)) => is_bare_image(html),
        (text, None) => text.is_none(),
    };
    bare && content.image.is_some()
}

/// Whether there is an image in `html` and no text around it, as browsers have it for a copied image.
fn is_bare_image(html: &str) -> bool {
    let mut in_tag = false;
    let mut is_text = |character: char| {
        let is_text = !in_tag && character != '<' && !character.is_whitespace();
        match character {
            '<' => in_tag = true,
            '>' => in_tag = false,
            _ => {}
        }
        is_text
    };
    html.to_ascii_lowercase().contains("<img") && !html.chars().any(&mut is_text)
}

/// What both sides have: it is not sent back to where it came from, nor twice.
#[derive(Default)]
struct Known {
    content: Content,
    /// A digest of the image.
    image: Option<u64>,
    /// It came from the server. Systems change the HTML they are given, but not the text.
    is_theirs: bool,
}

impl Known {
    /// What is on the local clipboard: what to tell the server, if it is new.
    fn changed(&mut self, local: Local) -> Option<Content> {
        let Local { mut content, image } = local;
        let digest = image.as_ref().map(digest);
        let is_theirs = self.is_theirs && content.text.is_some();
        let is_known = match is_theirs {
            true => content.text == self.content.text,
            false => content == self.content,
        };
        if (is_known && digest == self.image) || (content.is_empty() && digest.is_none()) {
            return None;
        }
        *self = Self {
            content: content.clone(),
            image: digest,
            is_theirs: false,
        };
        content.image = image.map(|image| Image::Dib(image.encode().into()));
        Some(content)
    }
    /// `content` came from the server; its image may follow.
    fn came(&mut self, content: &Content) {
        *self = Self {
            content: Content {
                image: None,
                ..content.clone()
            },
            image: None,
            is_theirs: true,
        };
    }
    /// An image came from the server and takes the place of all else.
    fn image_came(&mut self, image: &Bitmap) {
        *self = Self {
            content: Content::default(),
            image: Some(digest(image)),
            is_theirs: true,
        };
    }
}

fn digest(image: &Bitmap) -> u64 {
    let mut hasher = DefaultHasher::new();
    (image.size().width, image.pixels()).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(text: &str) -> Local {
        Local {
            content: Content {
                text: (!text.is_empty()).then(|| text.to_owned()),
                ..Content::default()
            },
            image: None,
        }
    }

    fn picture(shade: u8) -> Local {
        Local {
            image: Bitmap::new(Size::new(1, 1), vec![0, 0, shade, 255]),
            ..local("")
        }
    }

    fn html(text: &str, html: &str) -> Content {
        Content {
            html: Some(html.to_owned()),
            ..text.into()
        }
    }

    #[test]
    fn a_text_goes_each_way_once() {
        let mut known = Known::default();
        assert_eq!(known.changed(local("a\nb")), Some("a\nb".into()));
        assert_eq!(known.changed(local("a\nb")), None);
        known.came(&"c".into());
        assert_eq!(known.changed(local("c")), None);
        assert_eq!(known.changed(local("a\nb")), Some("a\nb".into()));
        assert_eq!(known.changed(local("")), None);
    }

    #[test]
    fn html_that_the_system_has_changed_does_not_go_back_but_another_one_goes() {
        let mut known = Known::default();
        known.came(&html("a", "<b>a</b>"));
        let mut wrapped = local("a");
        wrapped.content.html = Some("<html><b>a</b></html>".to_owned());
        assert_eq!(known.changed(wrapped), None);
        let mut other = local("b");
        other.content.html = Some("<b>b</b>".to_owned());
        assert_eq!(known.changed(other), Some(html("b", "<b>b</b>")));
        let mut other = local("b");
        other.content.html = Some("<i>b</i>".to_owned());
        assert_eq!(known.changed(other), Some(html("b", "<i>b</i>")));
    }

    #[test]
    fn an_image_goes_each_way_once() {
        let mut known = Known::default();
        let sent = known.changed(picture(1)).unwrap();
        let Some(Image::Dib(dib)) = sent.image else {
            panic!("{sent:?}");
        };
        let bitmap = Bitmap::decode(&dib, 4).unwrap();
        assert_eq!(bitmap.pixels(), [0, 0, 1, 255]);
        assert_eq!(known.changed(picture(1)), None);
        known.image_came(&picture(2).image.unwrap());
        assert_eq!(known.changed(picture(2)), None);
        assert!(known.changed(picture(1)).is_some());
    }

    #[test]
    fn the_image_moves_if_it_is_what_was_copied() {
        let with_image = |content: Content| Content {
            image: Some(Image::OnRequest),
            ..content
        };
        let browser = html(
            "https://a.b/c.png",
            "<meta charset=\"utf-8\">\n<IMG src=\"c.png\">",
        );
        let sheet = html("7", "<html><td>7</td></html>");
        let page = html("x", "<img src=\"c.png\"> and text");
        for (content, expected) in [
            (Content::default(), true),
            (browser, true),
            (sheet, false),
            (page, false),
            ("text".into(), false),
        ] {
            assert_eq!(
                is_picture(&with_image(content.clone())),
                expected,
                "{content:?}"
            );
            assert!(!is_picture(&content), "no image");
        }
    }
}
