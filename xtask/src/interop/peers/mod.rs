//! The peers, a file each.

mod gvncviewer;
mod libvncclient;
mod libvncserver;
mod novnc;
mod openssh;
mod openssl;
mod qemu;
mod vncdotool;
mod wayvnc;
mod x0vncserver;
mod x11vnc;
mod xtigervnc;
mod xtigervncviewer;
mod xtightvnc;

use super::cell::Side;
use super::{Peer, When};

/// All of them. Those that take longest stand first, so that no one is left over at the end.
pub(super) const PEERS: &[Peer] = &[
    Peer {
        name: libvncclient::NAME,
        side: Side::Server,
        when: When::Always,
        play: libvncclient::play,
    },
    Peer {
        name: novnc::NAME,
        side: Side::Server,
        when: When::Always,
        play: novnc::play,
    },
    Peer {
        name: xtigervnc::NAME,
        side: Side::Client,
        when: When::Always,
        play: xtigervnc::play,
    },
    Peer {
        name: x11vnc::NAME,
        side: Side::Client,
        when: When::Always,
        play: x11vnc::play,
    },
    Peer {
        name: xtigervncviewer::NAME,
        side: Side::Server,
        when: When::Always,
        play: xtigervncviewer::play,
    },
    Peer {
        name: vncdotool::NAME,
        side: Side::Server,
        when: When::Always,
        play: vncdotool::play,
    },
    Peer {
        name: x0vncserver::NAME,
        side: Side::Client,
        when: When::Always,
        play: x0vncserver::play,
    },
    Peer {
        name: xtightvnc::NAME,
        side: Side::Client,
        when: When::Always,
        play: xtightvnc::play,
    },
    Peer {
        name: gvncviewer::NAME,
        side: Side::Server,
        when: When::Always,
        play: gvncviewer::play,
    },
    Peer {
        name: libvncserver::NAME,
        side: Side::Client,
        when: When::Always,
        play: libvncserver::play,
    },
    Peer {
        name: qemu::NAME,
        side: Side::Client,
        when: When::Always,
        play: qemu::play,
    },
    Peer {
        name: openssh::NAME,
        side: Side::Client,
        when: When::Always,
        play: openssh::play,
    },
    Peer {
        name: openssl::NAME,
        side: Side::Server,
        when: When::Always,
        play: openssl::play,
    },
    Peer {
        name: wayvnc::NAME,
        side: Side::Client,
        when: When::Always,
        play: wayvnc::play,
    },
    Peer {
        name: xtigervnc::TRIXIE,
        side: Side::Client,
        when: When::Asked,
        play: xtigervnc::play_trixie,
    },
    Peer {
        name: xtigervncviewer::TRIXIE,
        side: Side::Server,
        when: When::Asked,
        play: xtigervncviewer::play_trixie,
    },
];
