//! QEMU's audio extension: message 255, sub-message 1, both ways. rfbproto "QEMU Audio".

use bytes::Bytes;

use super::encode_counted;
use crate::DecodeError;
use crate::sound::{PcmFormat, PcmSample};
use crate::wire::{Decode, Encode, Reader};

/// Bytes of samples in one message: 2.7 seconds of the most that there can be.
const DATA_LIMIT: usize = 1 << 20;
/// Samples of one channel a second.
const FREQUENCY_LIMIT: u32 = 48_000;

/// What a client wants of a server's sound. rfbproto "QEMU Audio Client Message".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AudioCommand {
    /// Send it.
    Enable,
    /// Send no more.
    Disable,
    /// Send it in this format from the next start on.
    SetFormat(PcmFormat),
}

/// What a server says of its sound. rfbproto "QEMU Audio Server Message".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AudioReport {
    /// Nothing plays any more.
    End,
    /// Something plays.
    Begin,
    /// Samples, in the format that the client has set; QEMU's are little-endian. At most 1 MiB.
    Data(Bytes),
}

impl Encode for AudioCommand {
    /// Everything after the message type and the sub-message type.
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Enable => out.extend([0, 0]),
            Self::Disable => out.extend([0, 1]),
            Self::SetFormat(format) => {
                out.extend([0, 2, sample_number(format.sample), format.channels]);
                out.extend(format.frequency.to_be_bytes());
            }
        }
    }
}

impl Decode for AudioCommand {
    fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match r.u16("qemu-audio.operation")? {
            0 => Ok(Self::Enable),
            1 => Ok(Self::Disable),
            2 => decode_format(r).map(Self::SetFormat),
            value => Err(DecodeError::Invalid {
                field: "qemu-audio.operation",
                value: value.into(),
            }),
        }
    }
}

impl Encode for AudioReport {
    /// Everything after the message type and the sub-message type.
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::End => out.extend([0, 0]),
            Self::Begin => out.extend([0, 1]),
            Self::Data(samples) => {
                out.extend([0, 2]);
                encode_counted(samples, out);
            }
        }
    }
}

impl Decode for AudioReport {
    fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match r.u16("qemu-audio.operation")? {
            0 => Ok(Self::End),
            1 => Ok(Self::Begin),
            2 => {
                let length = r.length("qemu-audio.data-length", DATA_LIMIT)?;
                let samples = r.bytes("qemu-audio.data", length)?;
                Ok(Self::Data(Bytes::copy_from_slice(samples)))
            }
            value => Err(DecodeError::Invalid {
                field: "qemu-audio.operation",
                value: value.into(),
            }),
        }
    }
}

const SAMPLES: [PcmSample; 6] = [
    PcmSample::U8,
    PcmSample::S8,
    PcmSample::U16,
    PcmSample::S16,
    PcmSample::U32,
    PcmSample::S32,
];

fn sample_number(sample: PcmSample) -> u8 {
    match sample {
        PcmSample::U8 => 0,
        PcmSample::S8 => 1,
        PcmSample::U16 => 2,
        PcmSample::S16 => 3,
        PcmSample::U32 => 4,
        PcmSample::S32 => 5,
    }
}

fn decode_format(r: &mut Reader<'_>) -> Result<PcmFormat, DecodeError> {
    let invalid = |field, value| DecodeError::Invalid { field, value };
    let number = r.u8("qemu-audio.sample-format")?;
    let channels = r.u8("qemu-audio.channels")?;
    let frequency = r.u32("qemu-audio.frequency")?;
    let sample = SAMPLES.into_iter().nth(number.into());
    let sample = sample.ok_or(invalid("qemu-audio.sample-format", number.into()))?;
    if !(1..=2).contains(&channels) {
        return Err(invalid("qemu-audio.channels", channels.into()));
    }
    match frequency {
        0 => Err(invalid("qemu-audio.frequency", 0)),
        1..=FREQUENCY_LIMIT => Ok(PcmFormat {
            sample,
            channels,
            frequency,
        }),
        _ => Err(DecodeError::TooLarge {
            field: "qemu-audio.frequency",
            value: frequency.into(),
            limit: FREQUENCY_LIMIT.into(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ClientMessage, Limits, ServerMessage};

    #[test]
    #[rustfmt::skip]
    fn commands_have_their_bytes_both_ways() {
        let mut cases: Vec<(AudioCommand, Vec<u8>)> = vec![
            (AudioCommand::Enable, vec![255, 1, /* enable */ 0, 0]),
            (AudioCommand::Disable, vec![255, 1, /* disable */ 0, 1]),
        ];
        for (number, sample) in (0..).zip(SAMPLES) {
            let format = PcmFormat { sample, channels: 1, frequency: 44_100 };
            cases.push((
                AudioCommand::SetFormat(format),
                vec![255, 1, /* set format */ 0, 2, number, /* channels */ 1, /* Hz */ 0, 0, 0xac, 0x44],
            ));
        }
        for (command, wire) in cases {
            let message = ClientMessage::Audio(command);
            let mut bytes = Vec::new();
            message.encode(&mut bytes);
            assert_eq!(bytes, wire);
            let mut reader = Reader::new(&wire);
            assert_eq!(ClientMessage::decode(&mut reader, &Limits::default(), false), Ok(message));
            assert!(reader.rest().is_empty());
        }
    }

    #[test]
    #[rustfmt::skip]
    fn reports_have_their_bytes_both_ways() {
        let cases: [(AudioReport, &[u8]); 3] = [
            (AudioReport::End, &[255, 1, /* end */ 0, 0]),
            (AudioReport::Begin, &[255, 1, /* begin */ 0, 1]),
            (AudioReport::Data(Bytes::from_static(&[1, 2, 3, 4])),
             &[255, 1, /* data */ 0, 2, /* length */ 0, 0, 0, 4, 1, 2, 3, 4]),
        ];
        for (report, wire) in cases {
            let message = ServerMessage::Audio(report);
            let mut bytes = Vec::new();
            message.encode(&mut bytes);
            assert_eq!(bytes, wire);
            let mut reader = Reader::new(wire);
            assert_eq!(ServerMessage::decode(&mut reader, &Limits::default()), Ok(message));
            assert!(reader.rest().is_empty());
        }
    }

    #[test]
    #[rustfmt::skip]
    fn what_no_peer_may_say_is_refused_by_field_and_value() {
        let cases: [(&[u8], &str); 7] = [
            (&[0, 3], "qemu-audio.operation: invalid value 3"),
            (&[0, 2, 6, 2, 0, 0, 0xac, 0x44], "qemu-audio.sample-format: invalid value 6"),
            (&[0, 2, 3, 0, 0, 0, 0xac, 0x44], "qemu-audio.channels: invalid value 0"),
            (&[0, 2, 3, 3, 0, 0, 0xac, 0x44], "qemu-audio.channels: invalid value 3"),
            (&[0, 2, 3, 2, 0, 0, 0, 0], "qemu-audio.frequency: invalid value 0"),
            (&[0, 2, 3, 2, 0, 0, 0xbb, 0x81], "qemu-audio.frequency: 48001 is over the limit 48000"),
            (&[0, 2, 3, 2, 0, 0], "qemu-audio.frequency: 8 bytes needed"),
        ];
        for (bytes, said) in cases {
            let error = AudioCommand::decode(&mut Reader::new(bytes)).unwrap_err();
            assert_eq!(error.to_string(), said);
        }
        let cases: [(&[u8], &str); 2] = [
            (&[0, 3], "qemu-audio.operation: invalid value 3"),
            (&[0, 2, 0, 16, 0, 1], "qemu-audio.data-length: 1048577 is over the limit 1048576"),
        ];
        for (bytes, said) in cases {
            let error = AudioReport::decode(&mut Reader::new(bytes)).unwrap_err();
            assert_eq!(error.to_string(), said);
        }
    }
}
