//! Clipboard contents as scripts see them.

use rfb::Limits;
use rfb::clipboard::{Bitmap, Content, Image};
use serde_json::{Map, Value, json};
use std::path::Path;
use tightrope::image::{read_png, write_png};

/// The forms that are there: "text", "html" and "rtf" with what they hold, "image" if there is one.
pub(crate) fn described(content: &Content) -> Value {
    let rtf = content.rtf.as_deref().map(String::from_utf8_lossy);
    let mut fields = Map::new();
    for (name, value) in [
        ("text", content.text.as_deref()),
        ("html", content.html.as_deref()),
        ("rtf", rtf.as_deref()),
    ] {
        fields.extend(value.map(|value| (name.to_owned(), json!(value))));
    }
    if content.image.is_some() {
        fields.insert("image".to_owned(), json!(true));
    }
    Value::Object(fields)
}

/// The image in a PNG file, to be copied.
pub(crate) fn image_of(path: &Path) -> Result<Content, String> {
    let limit = Limits::default().clipboard_image;
    let told =
        |error: &dyn std::fmt::Display| format!("clipboard-image: {}: {error}", path.display());
    let file = std::fs::read(path).map_err(|error| told(&error))?;
    let bitmap = read_png(&file, limit).map_err(|error| told(&error))?;
    Ok(Content {
        image: Some(Image::Dib(bitmap.encode().into())),
        ..Content::default()
    })
}

/// Writes an image that was copied to a PNG file; gives its size.
pub(crate) fn save(path: &Path, dib: &[u8]) -> Result<Value, String> {
    let told =
        |error: &dyn std::fmt::Display| format!("clipboard-save: {}: {error}", path.display());
    let limit = Limits::default().clipboard_image;
    let bitmap = Bitmap::decode(dib, limit).map_err(|error| told(&error))?;
    let file = write_png(&bitmap).map_err(|error| told(&error))?;
    std::fs::write(path, file).map_err(|error| told(&error))?;
    Ok(json!({ "size": bitmap.size().to_string() }))
}
