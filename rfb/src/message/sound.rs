//! Sound: sub-types 3 to 7 of our own messages. docs/PROTOCOL.md "Sound".

use bytes::Bytes;

use crate::sound::{
    FRAME_LIMIT, FrameLength, REPAIR_LIMIT, SoundCodec, SoundEnd, SoundFormat, SoundOffer,
    SoundPacket, SoundStream, SoundVolume, VOLUME_LIMIT,
};
use crate::wire::Reader;
use crate::{DecodeError, MediaTime};

pub(super) const OFFER: u8 = 3;
pub(super) const START: u8 = 4;
pub(super) const STOP: u8 = 5;
pub(super) const PACKET: u8 = 6;
pub(super) const VOLUME: u8 = 7;

/// Codecs of one offer.
const CODECS_LIMIT: usize = 16;
/// Flag of an offer: clients may send what their microphone hears.
const MICROPHONE: u8 = 1;
/// Flag of a packet: see [`SoundPacket::is_last`].
const IS_LAST: u8 = 1;
/// Flag of a packet: the length of the frame is told, and a repair follows it.
const HAS_REPAIR: u8 = 2;
/// Flag of a volume.
const MUTED: u8 = 1;

/// A message about sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SoundMessage {
    /// What the server has. Only from servers.
    Offer(SoundOffer),
    /// A client's wish, or what the server does about it.
    Start(SoundStart),
    /// A stream is not wanted, not had, or ends.
    Stop(SoundStream, SoundEnd),
    /// One frame.
    Packet(SoundPacket),
    /// How loud a stream is to be played.
    Volume(SoundStream, SoundVolume),
}

/// The start of a stream, with whatever format the peer names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoundStart {
    /// Which way.
    pub stream: SoundStream,
    /// What with.
    pub codec: SoundCodec,
    /// Channels, 1 or 2 if it is a format we know.
    pub channels: u8,
    /// Milliseconds of a frame: 5, 10 or 20 if it is a format we know.
    pub frame: u8,
    /// Bits a second.
    pub bit_rate: u32,
}

impl SoundStart {
    /// The start of `stream` in `format`.
    #[must_use]
    pub fn new(stream: SoundStream, format: &SoundFormat) -> Self {
        Self {
            stream,
            codec: format.codec,
            channels: format.channels,
            frame: format.frame.milliseconds(),
            bit_rate: format.bit_rate,
        }
    }

    /// The format, if its channels and its length of a frame are such as we know.
    #[must_use]
    pub fn format(&self) -> Option<SoundFormat> {
        let frame = FrameLength::of_milliseconds(self.frame)?;
        (1..=2).contains(&self.channels).then_some(SoundFormat {
            codec: self.codec,
            channels: self.channels,
            frame,
            bit_rate: self.bit_rate,
        })
    }
}

impl SoundMessage {
    /// The sub-type, and the payload.
    pub(super) fn payload(&self) -> (u8, Vec<u8>) {
        match self {
            Self::Offer(offer) => (OFFER, offer_payload(offer)),
            Self::Start(start) => {
                let mut payload = vec![stream_number(start.stream), start.channels];
                payload.extend(start.codec.0.to_be_bytes());
                payload.extend([start.frame, 0, 0, 0]);
                payload.extend(start.bit_rate.to_be_bytes());
                (START, payload)
            }
            Self::Stop(stream, reason) => (STOP, vec![stream_number(*stream), reason.0]),
            Self::Packet(packet) => {
                let mut payload = Vec::new();
                encode_packet(packet, &mut payload);
                (PACKET, payload)
            }
            Self::Volume(stream, volume) => {
                let mut payload = vec![stream_number(*stream), u8::from(volume.muted)];
                payload.extend(volume.volume.to_be_bytes());
                (VOLUME, payload)
            }
        }
    }

    /// Reads a whole payload; `None` if the sub-type is not about sound.
    pub(super) fn decode(kind: u8, payload: &[u8]) -> Result<Option<Self>, DecodeError> {
        let read = match kind {
            OFFER => decode_offer,
            START => decode_start,
            STOP => decode_stop,
            PACKET => return decode_packet(payload).map(|packet| Some(Self::Packet(packet))),
            VOLUME => decode_volume,
            _ => return Ok(None),
        };
        let mut r = Reader::new(payload);
        let message = read(&mut r).map_err(|error| of_payload(error, payload))?;
        if r.rest().is_empty() {
            return Ok(Some(message));
        }
        Err(bad_length(payload))
    }
}

/// The payload is whole: what is missing will not come.
fn of_payload(error: DecodeError, payload: &[u8]) -> DecodeError {
    match error {
        DecodeError::Incomplete { .. } => bad_length(payload),
        error => error,
    }
}

fn bad_length(payload: &[u8]) -> DecodeError {
    DecodeError::Invalid {
        field: "sound.length",
        value: i64::try_from(payload.len()).unwrap_or(i64::MAX),
    }
}

fn stream_number(stream: SoundStream) -> u8 {
    match stream {
        SoundStream::Desktop => 0,
        SoundStream::Microphone => 1,
    }
}

fn decode_stream(r: &mut Reader<'_>) -> Result<SoundStream, DecodeError> {
    match r.u8("sound.stream")? {
        0 => Ok(SoundStream::Desktop),
        1 => Ok(SoundStream::Microphone),
        value => Err(DecodeError::Invalid {
            field: "sound.stream",
            value: value.into(),
        }),
    }
}

fn offer_payload(offer: &SoundOffer) -> Vec<u8> {
    let flags = if offer.microphone { MICROPHONE } else { 0 };
    let codecs = offer.codecs.iter().take(CODECS_LIMIT);
    let mut payload = vec![flags, offer.channels];
    let count = u16::try_from(codecs.len()).unwrap_or(u16::MAX);
    payload.extend(count.to_be_bytes());
    codecs.for_each(|codec| payload.extend(codec.0.to_be_bytes()));
    payload
}

fn decode_offer(r: &mut Reader<'_>) -> Result<SoundMessage, DecodeError> {
    let flags = r.u8("sound.flags")?;
    let channels = r.u8("sound.channels")?;
    if !(1..=2).contains(&channels) {
        return Err(DecodeError::Invalid {
            field: "sound.channels",
            value: channels.into(),
        });
    }
    let count = r.u16("sound.number-of-codecs")?;
    if usize::from(count) > CODECS_LIMIT {
        return Err(DecodeError::TooLarge {
            field: "sound.number-of-codecs",
            value: count.into(),
            limit: CODECS_LIMIT as u64,
        });
    }
    let codecs = (0..count).map(|_| r.u16("sound.codec").map(SoundCodec));
    Ok(SoundMessage::Offer(SoundOffer {
        codecs: codecs.collect::<Result<_, _>>()?,
        channels,
        microphone: flags & MICROPHONE != 0,
    }))
}

fn decode_start(r: &mut Reader<'_>) -> Result<SoundMessage, DecodeError> {
    let stream = decode_stream(r)?;
    let channels = r.u8("sound.channels")?;
    let codec = SoundCodec(r.u16("sound.codec")?);
    let frame = r.u8("sound.frame")?;
    r.bytes("sound.padding", 3)?;
    let bit_rate = r.u32("sound.bit-rate")?;
    Ok(SoundMessage::Start(SoundStart {
        stream,
        codec,
        channels,
        frame,
        bit_rate,
    }))
}

fn decode_stop(r: &mut Reader<'_>) -> Result<SoundMessage, DecodeError> {
    let stream = decode_stream(r)?;
    let reason = SoundEnd(r.u8("sound.reason")?);
    Ok(SoundMessage::Stop(stream, reason))
}

fn decode_volume(r: &mut Reader<'_>) -> Result<SoundMessage, DecodeError> {
    let stream = decode_stream(r)?;
    let muted = r.u8("sound.flags")? & MUTED != 0;
    let volume = r.u16("sound.volume")?;
    if volume > VOLUME_LIMIT {
        return Err(DecodeError::TooLarge {
            field: "sound.volume",
            value: volume.into(),
            limit: VOLUME_LIMIT.into(),
        });
    }
    Ok(SoundMessage::Volume(stream, SoundVolume { volume, muted }))
}

/// Appends a packet as messages and datagrams carry it.
pub(crate) fn encode_packet(packet: &SoundPacket, out: &mut Vec<u8>) {
    let last = if packet.is_last { IS_LAST } else { 0 };
    let repair = if packet.repair.is_some() {
        HAS_REPAIR
    } else {
        0
    };
    out.extend([stream_number(packet.stream), last | repair]);
    out.extend(packet.sequence.to_be_bytes());
    out.extend(packet.captured.as_micros().to_be_bytes());
    if let Some(repair) = &packet.repair {
        let length = u16::try_from(packet.frame.len()).unwrap_or(u16::MAX);
        out.extend(length.to_be_bytes());
        out.extend_from_slice(&packet.frame);
        out.extend_from_slice(repair);
    } else {
        out.extend_from_slice(&packet.frame);
    }
}

/// Reads a packet that fills all of `payload`: of a message, or of a datagram.
pub(crate) fn decode_packet(payload: &[u8]) -> Result<SoundPacket, DecodeError> {
    read_packet(&mut Reader::new(payload)).map_err(|error| of_payload(error, payload))
}

fn read_packet(r: &mut Reader<'_>) -> Result<SoundPacket, DecodeError> {
    let stream = decode_stream(r)?;
    let flags = r.u8("sound.flags")?;
    let sequence = r.u32("sound.sequence")?;
    let captured = u64::from(r.u32("sound.captured")?) << 32 | u64::from(r.u32("sound.captured")?);
    let (frame, repair) = if flags & HAS_REPAIR == 0 {
        (r.rest(), None)
    } else {
        let length = r.u16("sound.frame-length")?;
        let frame = r.bytes("sound.frame", length.into())?;
        (frame, Some(r.rest()))
    };
    let frame = sized("sound.frame-length", frame, FRAME_LIMIT)?;
    let repair = repair.map(|repair| sized("sound.repair-length", repair, REPAIR_LIMIT));
    Ok(SoundPacket {
        stream,
        sequence,
        captured: MediaTime::from_micros(captured),
        is_last: flags & IS_LAST != 0,
        frame,
        repair: repair.transpose()?,
    })
}

/// `bytes`, of which there must be one at least, and `limit` at most.
fn sized(field: &'static str, bytes: &[u8], limit: usize) -> Result<Bytes, DecodeError> {
    match bytes.len() {
        0 => Err(DecodeError::Invalid { field, value: 0 }),
        length if length > limit => Err(DecodeError::TooLarge {
            field,
            value: length as u64,
            limit: limit as u64,
        }),
        _ => Ok(Bytes::copy_from_slice(bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Extension;
    use crate::wire::{Decode, Encode};

    fn encode(message: &SoundMessage) -> Vec<u8> {
        let mut bytes = Vec::new();
        Extension::Sound(message.clone()).encode(&mut bytes);
        bytes
    }

    fn packet(repair: Option<&'static [u8]>) -> SoundPacket {
        SoundPacket {
            stream: SoundStream::Microphone,
            sequence: 0x0102_0304,
            captured: MediaTime::from_micros(0x0a_0b0c_0d0e),
            is_last: repair.is_some(),
            frame: Bytes::from_static(&[0xf8, 0xff]),
            repair: repair.map(Bytes::from_static),
        }
    }

    #[test]
    #[rustfmt::skip]
    fn messages_have_their_bytes_both_ways() {
        let start = SoundStart {
            stream: SoundStream::Desktop, codec: SoundCodec::OPUS, channels: 2, frame: 10, bit_rate: 64_000,
        };
        let offer = SoundOffer { codecs: vec![SoundCodec::OPUS, SoundCodec(0x0203)], channels: 2, microphone: true };
        let cases: [(SoundMessage, &[u8]); 6] = [
            (SoundMessage::Offer(offer),
             &[3, 1, 0, 0, /* length */ 0, 0, 0, 8,
               /* flags: microphone */ 1, /* channels */ 2, /* codecs */ 0, 2, /* Opus */ 0, 1, 2, 3]),
            (SoundMessage::Start(start),
             &[4, 1, 0, 0, /* length */ 0, 0, 0, 12,
               /* desktop */ 0, /* channels */ 2, /* Opus */ 0, 1, /* ms */ 10, 0, 0, 0, /* bits a second */ 0, 0, 0xfa, 0]),
            (SoundMessage::Stop(SoundStream::Microphone, SoundEnd::PROHIBITED),
             &[5, 1, 0, 0, /* length */ 0, 0, 0, 2, /* microphone */ 1, /* reason */ 2]),
            (SoundMessage::Packet(packet(None)),
             &[6, 1, 0, 0, /* length */ 0, 0, 0, 16, /* microphone */ 1, /* flags */ 0,
               /* sequence */ 1, 2, 3, 4, /* captured */ 0, 0, 0, 10, 11, 12, 13, 14, /* frame */ 0xf8, 0xff]),
            (SoundMessage::Packet(packet(Some(&[7, 8, 9]))),
             &[6, 1, 0, 0, /* length */ 0, 0, 0, 21, /* microphone */ 1, /* flags: last, repair */ 3,
               /* sequence */ 1, 2, 3, 4, /* captured */ 0, 0, 0, 10, 11, 12, 13, 14,
               /* frame */ 0, 2, 0xf8, 0xff, /* repair */ 7, 8, 9]),
            (SoundMessage::Volume(SoundStream::Desktop, SoundVolume { volume: 1024, muted: true }),
             &[7, 1, 0, 0, /* length */ 0, 0, 0, 4, /* desktop */ 0, /* flags: muted */ 1, /* volume */ 4, 0]),
        ];
        for (message, wire) in cases {
            assert_eq!(encode(&message), wire, "{message:?}");
            assert_eq!(Extension::decode(&mut Reader::new(wire)), Ok(Extension::Sound(message)));
        }
    }

    #[test]
    fn a_datagram_is_the_payload_of_a_packet() {
        let packet = packet(Some(&[7]));
        let mut datagram = Vec::new();
        encode_packet(&packet, &mut datagram);
        assert_eq!(encode(&SoundMessage::Packet(packet.clone()))[8..], datagram);
        assert_eq!(decode_packet(&datagram), Ok(packet));
    }

    #[test]
    fn a_start_of_an_unknown_format_is_read_and_is_none_of_ours() {
        let ours = SoundStart {
            stream: SoundStream::Desktop,
            codec: SoundCodec(77),
            channels: 1,
            frame: 20,
            bit_rate: 1,
        };
        assert_eq!(
            ours.format().map(|format| format.codec),
            Some(SoundCodec(77))
        );
        for other in [
            SoundStart {
                channels: 0,
                ..ours
            },
            SoundStart {
                channels: 3,
                ..ours
            },
            SoundStart { frame: 7, ..ours },
        ] {
            let bytes = encode(&SoundMessage::Start(other));
            let read = Extension::decode(&mut Reader::new(&bytes));
            assert_eq!(read, Ok(Extension::Sound(SoundMessage::Start(other))));
            assert_eq!(other.format(), None);
        }
    }

    #[test]
    #[rustfmt::skip]
    fn what_is_malformed_is_refused_by_field_and_value() {
        let head = [/* sequence */ 0; 12];
        let with_repair = |frame: usize, repair: usize| {
            let length = u16::try_from(frame).unwrap().to_be_bytes();
            [&[0, 2], &head[..], &length, &vec![1; frame], &vec![2; repair]].concat()
        };
        let many: Vec<u8> = [&[0, 2, 0, 17][..], &[0; 34]].concat();
        let cases: [(u8, Vec<u8>, &str); 20] = [
            (OFFER, vec![0], "sound.length: invalid value 1"),
            (OFFER, vec![0, 0, 0, 0], "sound.channels: invalid value 0"),
            (OFFER, vec![0, 3, 0, 0], "sound.channels: invalid value 3"),
            (OFFER, vec![0, 2, 0, 2, 0, 1], "sound.length: invalid value 6"),
            (OFFER, vec![0, 2, 0, 0, 9], "sound.length: invalid value 5"),
            (OFFER, many, "sound.number-of-codecs: 17 is over the limit 16"),
            (START, vec![0; 11], "sound.length: invalid value 11"),
            (START, vec![2; 12], "sound.stream: invalid value 2"),
            (STOP, vec![], "sound.length: invalid value 0"),
            (STOP, vec![0, 0, 0], "sound.length: invalid value 3"),
            (STOP, vec![9, 0], "sound.stream: invalid value 9"),
            (VOLUME, vec![0, 0, 4, 1], "sound.volume: 1025 is over the limit 1024"),
            (VOLUME, vec![0, 0, 4], "sound.length: invalid value 3"),
            (PACKET, vec![3; 30], "sound.stream: invalid value 3"),
            (PACKET, [&[0, 0], &head[..11]].concat(), "sound.length: invalid value 13"),
            (PACKET, [&[0, 0], &head[..]].concat(), "sound.frame-length: invalid value 0"),
            (PACKET, [&[0, 0], &head[..], &[1; 1276]].concat(), "sound.frame-length: 1276 is over the limit 1275"),
            (PACKET, with_repair(0, 1), "sound.frame-length: invalid value 0"),
            (PACKET, with_repair(3, 0), "sound.repair-length: invalid value 0"),
            (PACKET, with_repair(3, 1286), "sound.repair-length: 1286 is over the limit 1285"),
        ];
        for (kind, payload, said) in cases {
            let error = SoundMessage::decode(kind, &payload).unwrap_err();
            assert_eq!(error.to_string(), said);
        }
        let cut = [&[0, 2], &head[..], &[0, 9, 1, 1]].concat();
        assert_eq!(decode_packet(&cut).unwrap_err().to_string(), "sound.length: invalid value 18");
    }
}
