//! Memory of the caller's: looked at once, here, where its length is known.

use std::ffi::{CStr, c_char};
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::path::Path;
use std::ptr::NonNull;
use std::slice;

use tightrope::{Cursor, Limits, Point, Rect, Region, Screen, Size, View};

use crate::error::{Fault, tr_result};

/// A rectangle in pixels, from the top left.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct tr_rect {
    /// First column.
    pub left: u32,
    /// First row.
    pub top: u32,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl From<Rect> for tr_rect {
    fn from(rect: Rect) -> Self {
        Self {
            left: rect.left.into(),
            top: rect.top.into(),
            width: rect.width.into(),
            height: rect.height.into(),
        }
    }
}

/// A place where the caller wants a value written. No reference to it is made: two of them, or what is read meanwhile, may be the
/// same memory.
pub(crate) struct Out<'a, T> {
    place: NonNull<T>,
    call: PhantomData<&'a mut T>,
}

impl<T> Out<'_, T> {
    pub(crate) fn set(self, value: T) {
        // SAFETY: whoever made it promised that a value can be written there for as long as it lives; it is aligned.
        unsafe { self.place.write(value) };
    }
}

/// The place that `pointer` names, the argument `name`.
///
/// The caller promises that a `T` can be written there during the call, if it is not null.
pub(crate) unsafe fn out<'a, T>(pointer: *mut T, name: &str) -> Result<Out<'a, T>, Fault> {
    aligned(pointer, name)?;
    let place = NonNull::new(pointer).ok_or_else(|| null(name))?;
    let call = PhantomData;
    Ok(Out { place, call })
}

/// `count` values at `pointer`, the argument `name`. It may be null if there are none.
///
/// The caller promises that so many can be read there, and do not change meanwhile.
pub(crate) unsafe fn slice<'a, T>(
    pointer: *const T,
    count: usize,
    name: &str,
) -> Result<&'a [T], Fault> {
    if count == 0 {
        return Ok(&[]);
    }
    check(pointer, count, name)?;
    // SAFETY: the caller promises `count` readable values; it is aligned, not null and no longer than memory.
    Ok(unsafe { slice::from_raw_parts(pointer, count) })
}

/// The same to be changed.
///
/// The caller promises that so many can be read and written there, and that nobody else does meanwhile.
pub(crate) unsafe fn slice_mut<'a, T>(
    pointer: *mut T,
    count: usize,
    name: &str,
) -> Result<&'a mut [T], Fault> {
    if count == 0 {
        return Ok(&mut []);
    }
    check(pointer, count, name)?;
    // SAFETY: the caller promises `count` values that are its own; it is aligned, not null and no longer than memory.
    Ok(unsafe { slice::from_raw_parts_mut(pointer, count) })
}

/// Room for `count` values at `pointer`, the argument `name`, which nobody need have written to before.
///
/// The caller promises that so many can be written there, and that nobody else reads or writes them meanwhile.
pub(crate) unsafe fn room<'a, T>(
    pointer: *mut T,
    count: usize,
    name: &str,
) -> Result<&'a mut [MaybeUninit<T>], Fault> {
    // SAFETY: the caller promises room; what may be uninitialised may be anything.
    unsafe { slice_mut(pointer.cast::<MaybeUninit<T>>(), count, name) }
}

/// Room for `count` samples, all of them silence.
///
/// The caller promises the same.
pub(crate) unsafe fn samples<'a>(
    pointer: *mut f32,
    count: usize,
    name: &str,
) -> Result<&'a mut [f32], Fault> {
    check_room(pointer, count, name)?;
    if count > 0 {
        // SAFETY: the caller promises so much room, and it is aligned and not null.
        unsafe { pointer.write_bytes(0, count) };
    }
    // SAFETY: the caller promises so much room, and every sample of it is 0 by now.
    unsafe { slice_mut(pointer, count, name) }
}

fn check_room<T>(pointer: *const T, count: usize, name: &str) -> Result<(), Fault> {
    match count {
        0 => Ok(()),
        count => check(pointer, count, name),
    }
}

/// Refuses memory that is to be written, the argument `name`, if any of it is also that of the argument `other`, which is read.
pub(crate) fn apart<T, U>(
    (written, written_count, name): (*const T, usize, &str),
    (read, read_count, other): (*const U, usize, &str),
) -> Result<(), Fault> {
    let end = |start: usize, count: usize, size| start.saturating_add(count.saturating_mul(size));
    let (written, read) = (written.addr(), read.addr());
    let is_apart = end(written, written_count, size_of::<T>()) <= read
        || end(read, read_count, size_of::<U>()) <= written;
    match is_apart || written_count == 0 || read_count == 0 {
        true => Ok(()),
        false => Err(Fault::argument(
            name,
            format_args!("some of it is {other} too"),
        )),
    }
}

/// The text at `pointer`, the argument `name`.
///
/// The caller promises that it ends with a zero byte, and does not change meanwhile.
pub(crate) unsafe fn text<'a>(pointer: *const c_char, name: &str) -> Result<&'a str, Fault> {
    // SAFETY: the caller promises text that ends with a zero byte.
    let text = unsafe { optional_text(pointer, name) }?;
    text.ok_or_else(|| null(name))
}

/// The same; none if `pointer` is null.
pub(crate) unsafe fn optional_text<'a>(
    pointer: *const c_char,
    name: &str,
) -> Result<Option<&'a str>, Fault> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller promises text that ends with a zero byte; it is not null.
    let text = unsafe { CStr::from_ptr(pointer) };
    let text = text.to_str();
    text.map(Some)
        .map_err(|error| Fault::argument(name, format_args!("it is not UTF-8: {error}")))
}

/// The directory that `pointer` names, which must be one.
///
/// The caller promises text that ends with a zero byte.
pub(crate) unsafe fn directory<'a>(pointer: *const c_char) -> Result<&'a Path, Fault> {
    // SAFETY: the caller promises text that ends with a zero byte.
    let path = unsafe { text(pointer, "directory") }?;
    let path = Path::new(path);
    match path.is_dir() {
        true => Ok(path),
        false => Err(Fault::new(
            tr_result::TR_ERROR_CREDENTIALS,
            format_args!("directory: {} is none", path.display()),
        )),
    }
}

/// `length` bytes of text at `pointer`, the argument `name`; none if it is null.
pub(crate) unsafe fn counted_text<'a>(
    pointer: *const c_char,
    length: usize,
    name: &str,
) -> Result<Option<&'a str>, Fault> {
    if pointer.is_null() && length == 0 {
        return Ok(None);
    }
    // SAFETY: the caller promises `length` readable bytes.
    let bytes = unsafe { slice(pointer.cast::<u8>(), length, name) }?;
    let text = std::str::from_utf8(bytes);
    text.map(Some)
        .map_err(|error| Fault::argument(name, format_args!("it is not UTF-8: {error}")))
}

/// Writes `source`, with a zero byte behind it, to the `capacity` bytes at `text`.
///
/// The caller promises that they are its own.
pub(crate) unsafe fn copy_text(
    source: &str,
    text: *mut c_char,
    capacity: usize,
) -> Result<(), Fault> {
    // SAFETY: the caller promises so many bytes.
    let room = unsafe { room(text.cast::<u8>(), capacity, "text") }?;
    // What would look like the end of it is not.
    let source = source.replace('\0', " ") + "\0";
    let needed = source.len();
    let Some(room) = room.get_mut(..needed) else {
        let told = format_args!("capacity: {capacity} is less than the {needed} bytes needed");
        return Err(Fault::new(tr_result::TR_ERROR_ROOM, told));
    };
    room.write_copy_of_slice(source.as_bytes());
    Ok(())
}

/// Where `values` are; null if there are none.
pub(crate) fn start_of<T>(values: &[T]) -> *const T {
    match values {
        [] => std::ptr::null(),
        some => some.as_ptr(),
    }
}

fn null(name: &str) -> Fault {
    Fault::argument(name, "it is NULL")
}

fn aligned<T>(pointer: *const T, name: &str) -> Result<(), Fault> {
    let expected = align_of::<T>();
    match pointer.is_null() {
        true => Err(null(name)),
        false if pointer.is_aligned() => Ok(()),
        false => Err(Fault::argument(
            name,
            format_args!("its address is no multiple of {expected}"),
        )),
    }
}

fn check<T>(pointer: *const T, count: usize, name: &str) -> Result<(), Fault> {
    aligned(pointer, name)?;
    match count.checked_mul(size_of::<T>()) {
        Some(length) if isize::try_from(length).is_ok() => Ok(()),
        _ => Err(Fault::argument(
            name,
            format_args!("{count} of them are more than memory holds"),
        )),
    }
}

/// A width and a height, each 1 to 65535.
pub(crate) fn size(width: u32, height: u32) -> Result<Size, Fault> {
    let side = |value: u32, name| match u16::try_from(value) {
        Ok(side) if side > 0 => Ok(side),
        _ => Err(Fault::argument(
            name,
            format_args!("{value} is not 1 to 65535"),
        )),
    };
    let size = Size::new(side(width, "width")?, side(height, "height")?);
    let limit = Limits::default().framebuffer_pixels;
    match size.area() <= limit {
        true => Ok(size),
        false => Err(Fault::argument(
            "width, height",
            format_args!("{size} is more than {limit} pixels"),
        )),
    }
}

/// A column or a row, 0 to 65535.
pub(crate) fn coordinate(value: u32, name: &str) -> Result<u16, Fault> {
    u16::try_from(value)
        .map_err(|_| Fault::argument(name, format_args!("{value} is not 0 to 65535")))
}

/// `pixels` as a picture of `size` whose rows begin `stride` bytes apart, 0 for as close as they can.
pub(crate) fn view(pixels: &[u8], size: Size, stride: usize) -> Result<View<'_>, Fault> {
    let row = usize::from(size.width) * 4;
    let stride = if stride == 0 { row } else { stride };
    if stride < row {
        return Err(Fault::argument(
            "stride",
            format_args!("{stride} is less than the {row} bytes of a row"),
        ));
    }
    let above = usize::from(size.height).saturating_sub(1);
    let needed = above.saturating_mul(stride).saturating_add(row);
    if pixels.len() < needed {
        return Err(Fault::new(
            tr_result::TR_ERROR_ARGUMENT,
            format_args!(
                "pixels_length: {} is less than the {needed} bytes of {size} pixels, {stride} bytes a row",
                pixels.len()
            ),
        ));
    }
    Ok(View::new(pixels, size, stride)?)
}

/// `pixels` as a pointer's shape of width and height whose pixel at column and row `hot` points.
pub(crate) fn cursor(
    pixels: &[u8],
    (width, height): (u32, u32),
    hot: (u32, u32),
) -> Result<Cursor, Fault> {
    let width = coordinate(width, "width")?;
    let size = Size::new(width, coordinate(height, "height")?);
    let hotspot = Point::new(coordinate(hot.0, "hot_x")?, coordinate(hot.1, "hot_y")?);
    let needed = size.area() * 4;
    if pixels.len() != needed {
        let told = format_args!(
            "{} is not the {needed} bytes of {size} pixels",
            pixels.len()
        );
        return Err(Fault::argument("pixels_length", told));
    }
    Ok(Cursor::new(size, hotspot, pixels.to_vec())?)
}

/// Screens of a desktop of `size`, numbered in their order.
pub(crate) fn screens(rects: &[tr_rect], size: Size) -> Result<Vec<Screen>, Fault> {
    if !(1..=255).contains(&rects.len()) {
        let told = format_args!("{} is not 1 to 255", rects.len());
        return Err(Fault::argument("screens_count", told));
    }
    let screen = |(id, rect): (u32, &tr_rect)| {
        let right = rect.left.saturating_add(rect.width);
        let bottom = rect.top.saturating_add(rect.height);
        let is_within = right <= size.width.into() && bottom <= size.height.into();
        if !is_within || rect.width == 0 || rect.height == 0 {
            let told = format_args!("number {id} is empty, or not within {size}");
            return Err(Fault::argument("screens", told));
        }
        Ok(Screen {
            id,
            rect: Rect::from_edges(rect.left, rect.top, right, bottom),
            flags: 0,
        })
    };
    (0..).zip(rects).map(screen).collect()
}

/// The pixels of `rects` within `size`; all of them if there are none.
pub(crate) fn region(rects: &[tr_rect], size: Size) -> Region {
    if rects.is_empty() {
        return Region::from(size);
    }
    let within = |rect: &tr_rect| {
        let right = rect.left.saturating_add(rect.width);
        let bottom = rect.top.saturating_add(rect.height);
        let (right, bottom) = (right.min(size.width.into()), bottom.min(size.height.into()));
        (rect.left < right && rect.top < bottom)
            .then(|| Rect::from_edges(rect.left, rect.top, right, bottom))
    };
    let mut region = Region::default();
    for rect in rects.iter().filter_map(within) {
        region.add(rect);
    }
    region
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_is_cut_to_the_desktop_and_none_is_all() {
        let size = Size::new(100, 50);
        assert_eq!(region(&[], size), Region::from(size));
        let rect = |left, top, width, height| tr_rect {
            left,
            top,
            width,
            height,
        };
        assert_eq!(region(&[rect(90, 0, u32::MAX, 5)], size).area(), 50);
        assert!(region(&[rect(100, 0, 5, 5), rect(0, 0, 0, 9)], size).is_empty());
    }

    #[test]
    fn what_is_wrong_with_pixels_is_named() {
        let told = |length, stride| {
            let pixels = vec![0; length];
            let fault = view(&pixels, Size::new(10, 10), stride).err();
            fault.map(|fault| fault.message).unwrap_or_default()
        };
        assert_eq!(told(400, 0), "");
        assert_eq!(told(9 * 50 + 40, 50), "");
        assert!(told(399, 0).starts_with("pixels_length: 399 is less than the 400"));
        assert!(told(400, 39).starts_with("stride: 39 is less than"));
        assert!(told(400, usize::MAX).starts_with("pixels_length: "));
        assert!(size(0, 5).unwrap_err().message.starts_with("width: 0"));
        assert!(size(5, 65536).unwrap_err().message.starts_with("height"));
    }

    #[test]
    fn what_is_written_must_not_be_what_is_read() {
        let memory = [0_u8; 64];
        let at = |offset: usize| memory.as_ptr().wrapping_add(offset);
        let told = |written: (usize, usize), read: (usize, usize)| {
            let read = (at(read.0).cast::<u32>(), read.1, "from");
            let fault = apart((at(written.0), written.1, "to"), read).err();
            fault.map(|fault| fault.message).unwrap_or_default()
        };
        assert_eq!(told((0, 16), (16, 4)), "");
        assert_eq!(told((32, 16), (16, 4)), "");
        assert_eq!(told((0, 17), (16, 4)), "to: some of it is from too");
        assert_eq!(told((31, 1), (16, 4)), "to: some of it is from too");
        assert_eq!(told((16, 0), (16, 4)), "", "nothing is written");
        assert_eq!(told((16, 4), (16, 0)), "", "nothing is read");
        assert!(told((0, usize::MAX), (16, 1)).contains("from"));
        assert!(told((20, 1), (0, usize::MAX)).contains("from"));
    }

    #[test]
    fn null_misaligned_and_endless_memory_is_refused_by_name() {
        let told = |pointer: *const u32, count| {
            // SAFETY: it is refused before anything is read.
            let slice = unsafe { slice(pointer, count, "samples") };
            slice.unwrap_err().message
        };
        let memory = [0_u32; 4];
        let odd = memory.as_ptr().wrapping_byte_add(1);
        assert_eq!(told(std::ptr::null(), 1), "samples: it is NULL");
        assert_eq!(told(odd, 1), "samples: its address is no multiple of 4");
        assert!(told(memory.as_ptr(), usize::MAX).contains("more than memory holds"));
        // SAFETY: nothing is read.
        assert!(unsafe { slice::<u32>(std::ptr::null(), 0, "samples") }.is_ok());
    }
}
