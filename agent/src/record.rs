//! `--record`: the desktop in a file, whether anybody looks or not.

use std::sync::Arc;

use lab::recorder::{Kind, Recorder, advice};

use crate::args::Args;
use crate::failure::Failure;

/// Makes the file that `args` ask for, if they do, so that it is known at once that it can be.
pub(crate) fn start(args: &Args) -> Result<Option<Arc<Recorder>>, Failure> {
    let Some(path) = &args.record else {
        return Ok(None);
    };
    if Kind::of(path).ok() != Some(Kind::Vtz) {
        return Err(Failure::usage(format_args!(
            "--record: {}: the agent records pictures, to a file whose name ends in .vtz; tightrope-viewer records the \
             stream (.fbs)",
            path.display()
        )));
    }
    let recorder = Recorder::start(path, args.record_fps)
        .map_err(|error| Failure::error(advice(path, &error)))?;
    Ok(Some(Arc::new(recorder)))
}

/// Writes what is still to be written. `result` is how the program ends otherwise.
pub(crate) fn finish(
    args: &Args,
    recorder: Option<&Recorder>,
    result: Result<(), Failure>,
) -> Result<(), Failure> {
    let (Some(path), Some(recorder)) = (&args.record, recorder) else {
        return result;
    };
    let finished = recorder.finish();
    for (file, what) in finished.iter().flatten() {
        let (frames, bytes) = (what.frames, what.bytes);
        tracing::info!(file = %file.display(), frames, bytes, "recorded");
    }
    result.and(finished.map_or_else(
        |error| Err(Failure::error(advice(path, &error))),
        |_| Ok(()),
    ))
}
