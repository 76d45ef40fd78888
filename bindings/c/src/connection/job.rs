//! Updates: made in one call, or begun here, encoded on any thread, and finished here.

use std::ffi::c_void;
use std::sync::{Mutex, PoisonError};

use tightrope::rfb::LocalTime;
use tightrope::rfb::server::{EncodedUpdate, UpdateJob};
use tightrope::{Size, View};

use super::server::{Server, tr_server_connection};
use crate::error::{Fault, tr_result};
use crate::guard::guard;
use crate::handle::{self, Noun};
use crate::memory::{self, out, size, slice};

/// Makes the next update, if the client waits for one and there is news for it, from the whole desktop as it is now: `width` by
/// `height` BGRX pixels in rows that begin `stride` bytes apart (0: `width * 4`). It goes to the output. About `budget` bytes are
/// encoded (0: no limit), the rest stays damage; half of what the link moves in a tenth of a second is a good one.
///
/// Call it whenever bytes came, pixels changed, or the output was written. The pixels are borrowed for the call.
/// tr_server_connection_begin_update() is the same in three steps, of which the long one may run on another thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_server_connection_update(
    connection: tr_server_connection,
    now_us: u64,
    pixels: *const c_void,
    pixels_length: usize,
    width: u32,
    height: u32,
    stride: usize,
    budget: usize,
) -> tr_result {
    guard(|| {
        let connection = handle::get::<Server>(connection)?;
        let own = size(width, height)?;
        // SAFETY: the caller promises so many readable bytes.
        let pixels = unsafe { slice(pixels.cast::<u8>(), pixels_length, "pixels") }?;
        let desktop = memory::view(pixels, own, stride)?;
        let mut state = connection.lock();
        check(own, state.size)?;
        let now = LocalTime::from_micros(now_us);
        if let Some(job) = state.inner.begin_update(now, budget_of(budget)) {
            let update = job.run(desktop);
            state.inner.finish_update(now, update);
        }
        Ok(())
    })
}

fn budget_of(budget: usize) -> usize {
    if budget == 0 { usize::MAX } else { budget }
}

fn check(own: Size, desktop: Size) -> Result<(), Fault> {
    match own == desktop {
        true => Ok(()),
        false => Err(Fault::argument(
            "width and height",
            format_args!("the desktop is {desktop}"),
        )),
    }
}

/// An update on its way: to be encoded by tr_update_job_encode() and brought back to its connection.
pub type tr_update_job = u64;

struct Job {
    /// The desktop's.
    size: Size,
    /// Of which connection.
    connection: tr_server_connection,
    step: Mutex<Step>,
}

enum Step {
    Begun(UpdateJob),
    /// Some call is about it just now, or has been.
    Taken,
    Encoded(EncodedUpdate),
}

impl Noun for Job {
    const NAME: &'static str = "update job";
}

/// Begins an update, as tr_server_connection_update() does; `job` is 0 if there is nothing to send, or a job is out. Until it
/// is brought back by tr_server_connection_finish_update(), the connection sends no further picture.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_server_connection_begin_update(
    connection: tr_server_connection,
    now_us: u64,
    budget: usize,
    job: *mut tr_update_job,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises a place for a handle.
        let place = unsafe { out(job, "job") }?;
        let own = handle::get::<Server>(connection)?;
        let mut state = own.lock();
        let now = LocalTime::from_micros(now_us);
        let size = state.size;
        let begun = state.inner.begin_update(now, budget_of(budget));
        place.set(match begun {
            None => 0,
            Some(job) => handle::insert(Job {
                size,
                connection,
                step: Mutex::new(Step::Begun(job)),
            })?,
        });
        Ok(())
    })
}

/// Encodes an update, on any thread, from the whole desktop (as for tr_server_connection_update()), which must show at least
/// what was damage when it was begun. The pixels are borrowed for the call. TR_ERROR_STATE if it was encoded already.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_update_job_encode(
    job: tr_update_job,
    pixels: *const c_void,
    pixels_length: usize,
    width: u32,
    height: u32,
    stride: usize,
) -> tr_result {
    guard(|| {
        let job = handle::get::<Job>(job)?;
        let own = size(width, height)?;
        // SAFETY: the caller promises so many readable bytes.
        let pixels = unsafe { slice(pixels.cast::<u8>(), pixels_length, "pixels") }?;
        let desktop: View<'_> = memory::view(pixels, own, stride)?;
        check(own, job.size)?;
        let Step::Begun(begun) = job.take(|step| matches!(step, Step::Begun(_))) else {
            let told = "job: it was encoded already";
            return Err(Fault::new(tr_result::TR_ERROR_STATE, told));
        };
        job.put(Step::Encoded(begun.run(desktop)));
        Ok(())
    })
}

impl Job {
    /// Takes what it is at, if that is wanted.
    fn take(&self, is_wanted: impl FnOnce(&Step) -> bool) -> Step {
        let mut step = self.step.lock().unwrap_or_else(PoisonError::into_inner);
        match is_wanted(&step) {
            true => std::mem::replace(&mut *step, Step::Taken),
            false => Step::Taken,
        }
    }

    fn put(&self, step: Step) {
        *self.step.lock().unwrap_or_else(PoisonError::into_inner) = step;
    }
}

/// Takes an update that was encoded to the connection's output, and destroys the job. TR_ERROR_STATE if it was not encoded,
/// TR_ERROR_ARGUMENT if it is another connection's: the job is kept then.
#[unsafe(no_mangle)]
pub extern "C" fn tr_server_connection_finish_update(
    connection: tr_server_connection,
    now_us: u64,
    job: tr_update_job,
) -> tr_result {
    guard(|| {
        let own = handle::get::<Server>(connection)?;
        let found = handle::get::<Job>(job)?;
        if found.connection != connection {
            return Err(Fault::argument("job", "it is of another connection"));
        }
        let Step::Encoded(update) = found.take(|step| matches!(step, Step::Encoded(_))) else {
            let told = "job: it has not been encoded";
            return Err(Fault::new(tr_result::TR_ERROR_STATE, told));
        };
        handle::remove::<Job>(job)?;
        let now = LocalTime::from_micros(now_us);
        own.lock().inner.finish_update(now, update);
        Ok(())
    })
}

/// Ends a job that will not be brought back. Its connection sends no further picture: for when that is over.
#[unsafe(no_mangle)]
pub extern "C" fn tr_update_job_destroy(job: tr_update_job) -> tr_result {
    guard(|| handle::remove::<Job>(job).map(drop))
}
