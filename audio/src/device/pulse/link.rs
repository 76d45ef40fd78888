//! A connection to the server: messages in and out.

use std::ffi::CString;
use std::io::{self, BufReader, Cursor, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use pulseaudio::protocol::{
    AuthParams, AuthReply, Command, CommandReply, CommandTag, MAX_VERSION, Prop, Props,
    ProtocolError, PulseError, SetClientNameReply, TagStructReader, encode_command_message,
    read_descriptor, write_memblock,
};

/// How long the server may take to answer while a stream is opened.
const ANSWER_LIMIT: Duration = Duration::from_secs(2);

/// A message that is longer is not one: servers send samples in pieces of 64 KiB.
const MESSAGE_LIMIT: u32 = 1 << 20;

/// The channel of what is not samples.
const COMMANDS: u32 = u32::MAX;

/// A connection. Its owner reads it on one thread; [`Link::socket`] ends it from another.
pub(super) struct Link {
    reader: BufReader<UnixStream>,
    writer: UnixStream,
    version: u16,
    sequence: u32,
    incoming: Vec<u8>,
    outgoing: Vec<u8>,
}

/// What the server sends.
pub(super) enum Message<'a> {
    /// Samples of the one stream.
    Samples(&'a [u8]),
    /// The answer to the command of that number.
    Reply(u32, Reply<'a>),
    /// The command of that number was refused.
    Refused(u32, PulseError),
    /// So many bytes of samples are wanted.
    Wanted(u32),
    /// The stream has been taken away.
    Removed,
    /// What need not be known.
    Other,
}

/// An answer that is still to be read.
pub(super) struct Reply<'a> {
    body: &'a [u8],
    version: u16,
}

impl Reply<'_> {
    /// What it says.
    pub(super) fn read<R: CommandReply>(&self) -> io::Result<R> {
        let mut body = self.body;
        TagStructReader::new(&mut body, self.version)
            .read()
            .map_err(broken)
    }
}

impl Link {
    /// Connects to the server of this process's environment.
    pub(super) fn connect() -> io::Result<Self> {
        let nowhere = || io::Error::new(io::ErrorKind::NotFound, "there is no sound server");
        let path = pulseaudio::socket_path_from_env().ok_or_else(nowhere)?;
        let writer = UnixStream::connect(path)?;
        writer.set_read_timeout(Some(ANSWER_LIMIT))?;
        let mut link = Self {
            reader: BufReader::new(writer.try_clone()?),
            writer,
            version: MAX_VERSION,
            sequence: 0,
            incoming: Vec::new(),
            outgoing: Vec::new(),
        };
        // Without a cookie the server may still know the user.
        let cookie = pulseaudio::cookie_path_from_env().and_then(|path| std::fs::read(path).ok());
        let accepted: AuthReply = link.ask(&Command::Auth(AuthParams {
            version: MAX_VERSION,
            supports_shm: false,
            supports_memfd: false,
            cookie: cookie.unwrap_or_default(),
        }))?;
        link.version = MAX_VERSION.min(accepted.version);
        let mut props = Props::new();
        props.set(Prop::ApplicationName, CString::from(c"Tightrope"));
        let _named: SetClientNameReply = link.ask(&Command::SetClientName(props))?;
        Ok(link)
    }

    /// Sends a command and waits for its answer. What comes before that is passed over.
    pub(super) fn ask<R: CommandReply>(&mut self, command: &Command) -> io::Result<R> {
        let asked = self.send(command)?;
        loop {
            match self.read()? {
                Message::Reply(sequence, reply) if sequence == asked => return reply.read(),
                Message::Refused(sequence, error) if sequence == asked => {
                    return Err(io::Error::other(error.to_string()));
                }
                _ => {}
            }
        }
    }

    /// Ends what [`Self::read`] waits for, from any thread.
    pub(super) fn socket(&self) -> io::Result<UnixStream> {
        self.writer.try_clone()
    }

    /// Sends a command; gives its number.
    pub(super) fn send(&mut self, command: &Command) -> io::Result<u32> {
        self.sequence = self.sequence.wrapping_add(1);
        self.outgoing.clear();
        encode_command_message(&mut self.outgoing, self.sequence, command, self.version)
            .map_err(broken)?;
        self.writer.write_all(&self.outgoing)?;
        Ok(self.sequence)
    }

    /// Sends samples of a stream.
    pub(super) fn send_samples(&mut self, channel: u32, samples: &[f32]) -> io::Result<()> {
        self.incoming.clear();
        let bytes = samples.iter().flat_map(|sample| sample.to_le_bytes());
        self.incoming.extend(bytes);
        self.outgoing.clear();
        write_memblock(&mut self.outgoing, channel, &self.incoming, 0).map_err(broken)?;
        self.writer.write_all(&self.outgoing)
    }

    /// Whether nothing is at hand, so that reading would have to wait.
    pub(super) fn is_drained(&self) -> bool {
        self.reader.buffer().is_empty()
    }

    /// The next message.
    pub(super) fn read(&mut self) -> io::Result<Message<'_>> {
        let head = read_descriptor(&mut self.reader).map_err(broken)?;
        if head.length > MESSAGE_LIMIT {
            let reason = format!("a message of {} bytes", head.length);
            return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
        }
        let length = usize::try_from(head.length).map_err(io::Error::other)?;
        self.incoming.resize(length, 0);
        self.reader.read_exact(&mut self.incoming)?;
        if head.channel != COMMANDS {
            return Ok(Message::Samples(&self.incoming));
        }
        let mut body = Cursor::new(self.incoming.as_slice());
        let mut fields = TagStructReader::new(&mut body, self.version);
        let tag: CommandTag = fields.read_enum().map_err(broken)?;
        let sequence = fields.read_u32().map_err(broken)?;
        match tag {
            CommandTag::Reply => {
                let start = usize::try_from(body.position()).map_err(io::Error::other)?;
                let body = self.incoming.get(start..).unwrap_or_default();
                let version = self.version;
                Ok(Message::Reply(sequence, Reply { body, version }))
            }
            CommandTag::Error => {
                let error = fields.read_enum().map_err(broken)?;
                Ok(Message::Refused(sequence, error))
            }
            _ => {
                let mut all = self.incoming.as_slice();
                let (_, command) =
                    Command::read_tag_prefixed(&mut all, self.version).map_err(broken)?;
                Ok(match command {
                    Command::Request(wanted) => Message::Wanted(wanted.length),
                    Command::PlaybackStreamKilled(_) | Command::RecordStreamKilled(_) => {
                        Message::Removed
                    }
                    _ => Message::Other,
                })
            }
        }
    }
}

fn broken(error: ProtocolError) -> io::Error {
    match error {
        ProtocolError::Io(error) => error,
        error => io::Error::new(io::ErrorKind::InvalidData, error.to_string()),
    }
}
