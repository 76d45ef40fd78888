//! What `--help` says below the flags.

/// How the parts of the command line go together.
pub(crate) const AFTER_HELP: &str = "\
Credentials:
  Sessions are encrypted. At every start the agent makes a new certificate, and a password that is
  good until it ends. Viewers need the address, the certificate's fingerprint (so that they talk to
  nobody else) and the password. These are shown where only you see them, and never logged:

  - on a terminal they are printed;
  - with --print-credentials FD one line of JSON goes to that file descriptor, which is closed then:
    {\"url\":…,\"fingerprint\":…,\"password\":…,\"view_only_password\":…}, null for what there is not.
    When the line is there, the desktop is up and the port listens;
  - with --credentials DIR nothing is shown: they come from files that were made before.
      certificate.pem, key.pem  the server's certificate and its private key
      password                  for viewers without a certificate
      view-only-password        if it is there: for those who may look but not touch
      client-fingerprints       if it is there: certificates of clients, one a line, which let in
                                without a password
      expires                   if it is there: when all this ends, for instance 2026-11-23T08:00:00Z
      rsa-key.pem               if it is there: the key of ra2 and ra2ne; else a new one is made

  If none of the three can be, the agent does not start.

  tightrope-viewer credentials new makes such a directory, DIR/agent, and its counterpart for the
  viewer. The first viewer that comes in uses them up (--uses): a second one is refused, but a viewer
  that lost its connection comes back, also to an agent that was restarted with the same directory.
  Wrong passwords make whoever gives them wait, and lock nobody out. VncAuth, which old viewers use,
  compares the first 8 characters of a password and no more.

The port:
  Everything is spoken on the one port of --listen; QUIC on the UDP port of the same number.
      tls       TLS from the first byte: tightrope-viewer vncs://, and others with a TLS tunnel
      quic      QUIC: tightrope-viewer quic://
      wss       WebSocket in TLS: noVNC on a page that was loaded with https
      vencrypt  RFB that turns to TLS: TigerVNC, gvncviewer, libvncclient with X509
      ra2       RFB that turns to RSA-AES: TigerVNC, RealVNC. Not by default: the arithmetic of the
                library behind it takes longer for some numbers than for others (RUSTSEC-2023-0071),
                which who measures closely might use
      ra2ne     the same for the password alone, clear afterwards: only inside TLS or with plain
      ws        WebSocket, not encrypted: needs --insecure
      plain     RFB, not encrypted: needs --insecure

The desktop:
  With --exec the agent starts Xvfb, an X server without hardware, on a free display that only the
  command can reach. The agent ends when the command ends: it must stay in the foreground. What it
  prints goes to standard error. Viewers may give the screen any size up to --max-geometry.

  With --power viewers who may touch the desktop may also shut it down: the command is asked to end
  by SIGTERM, with everything it started, and killed if it has not after 10 seconds; then the sessions
  and the agent end. Or they reboot it, which starts the command again on the same desktop, or reset
  it, which kills it first.

  While viewers are connected the X server repeats no keys by itself: a key repeats when the viewer
  says so, and one whose release comes late over a bad network types nothing more. Afterwards it
  repeats as before.

  With --display the agent uses an X server that runs already, and XAUTHORITY as other programs do.
  The size can be changed where RandR allows it, and is followed if others change it.

Sound:
  With --exec the agent starts PulseAudio, without hardware, which only the command can reach: what
  programs play, viewers hear. Without PulseAudio there is no sound, and the agent says so. With
  --display the agent listens to what the default output of the user's sound server plays, if there
  is one. --sound DEVICE takes the output or input of that name instead, with --exec too; it must be
  there at the start. --list-sound-devices tells the names; a part that fits no other will do. Nothing
  is captured while nobody listens.

  With --microphone the desktop gets a microphone, tightrope_microphone, that is silent until a viewer
  speaks into it. With --exec and --sound auto it is made, and is the default one; else the sound
  server must have an output of that name, whose monitor programs record from:
      pactl load-module module-null-sink sink_name=tightrope_microphone

Recording:
  --record FILE.vtz writes every picture of the desktop, without loss and without the pointer, whether
  anybody looks or not: at most --record-fps a second, and only when something changed. When the
  desktop gets another size, FILE-2.vtz is begun, and so on. tightrope-viewer --play shows it. After a
  crash it can be read up to the last second. If the recording fails, for instance because the disk is
  full, the sessions go on; the exit code is 1 at the end.

Exit codes:
  0 ok, also after SIGTERM or SIGINT, which end all sessions with a goodbye
  1 error, or the command of --exec failed
  2 wrong usage
  5 the X server went away

Examples:
  tightrope-agent --exec xterm
  tightrope-agent --exec 'firefox https://example.org' --geometry 1280x800 --listen 127.0.0.1:5901
  tightrope-agent --exec xterm --print-credentials 3 3>pod.json
  tightrope-agent --exec /app/start --credentials /etc/tightrope
  tightrope-agent --exec xterm --credentials pod/agent --allow tls,quic,ra2 --uses 3
  tightrope-agent --exec xterm --microphone
  tightrope-agent --display :0 --view-only";
