//! Address, link and route messages of rtnetlink(7), in the machine's byte order.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::net;

use rustix::io::Errno;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, socket_with};
use tokio::net::UnixDatagram;

use super::Change;

/// The groups of messages: links, addresses of IPv4 and of IPv6, routes of both (RTMGRP_*).
const GROUPS: u32 = 0x1 | 0x10 | 0x100 | 0x40 | 0x400;
/// One read. The kernel's messages are below a page.
const READ_BYTES: usize = 16 << 10;

const NEW_LINK: u16 = 16;
const DELETED_LINK: u16 = 17;
const NEW_ADDRESS: u16 = 20;
const DELETED_ADDRESS: u16 = 21;
const NEW_ROUTE: u16 = 24;
/// ifi_flags: up, and with a carrier.
const RUNNING: u32 = 0x40;
/// ifa_flags: still being looked for at somebody else (RFC 4862 5.4).
const TENTATIVE: u8 = 0x40;
/// rtm_table: not the one of our own addresses, which comes with them.
const MAIN_TABLE: u8 = 254;
/// Attributes of an address: of the link (for a link with a peer: the peer's), our own.
const ADDRESS: u16 = 1;
const LOCAL: u16 = 2;

/// A socket that hears of links and addresses.
#[derive(Debug)]
pub(super) struct Socket {
    /// Read like any socket of datagrams; there is no type for those of netlink.
    socket: UnixDatagram,
    links: Links,
}

/// Which links carry, by their index: a message about a link does not tell what is new.
#[derive(Debug, Default)]
pub(super) struct Links(HashMap<u32, bool>);

impl Socket {
    pub(super) fn open() -> io::Result<Self> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, None)?;
        bind(&socket, &SocketAddrNetlink::new(0, GROUPS))?;
        Ok(Self {
            socket: UnixDatagram::from_std(net::UnixDatagram::from(socket))?,
            links: Links::default(),
        })
    }

    /// Waits for messages and adds what they say to `told`: nothing, if they say nothing new. Cancel safe.
    pub(super) async fn receive(&mut self, told: &mut VecDeque<Change>) -> io::Result<()> {
        let mut buffer = [0; READ_BYTES];
        let length = match self.socket.recv(&mut buffer).await {
            Ok(length) => length,
            Err(error) if Errno::from_io_error(&error) == Some(Errno::NOBUFS) => {
                told.push_back(Change::Missed);
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        self.links
            .read(buffer.get(..length).unwrap_or_default(), told);
        Ok(())
    }
}

impl Links {
    /// Adds what `messages` say to `told`. What is cut short or not known is passed over.
    pub(super) fn read(&mut self, mut messages: &[u8], told: &mut VecDeque<Change>) {
        while let Some(Part { kind, body, rest }) = message(messages) {
            match kind {
                NEW_ADDRESS => told.extend(usable_address(body).map(Change::Came)),
                DELETED_ADDRESS => told.extend(usable_address(body).map(Change::Went)),
                NEW_LINK => told.extend(self.link(body)),
                DELETED_LINK => {
                    u32_at(body, 4).map(|index| self.0.remove(&index));
                }
                NEW_ROUTE if body.get(4) == Some(&MAIN_TABLE) => told.push_back(Change::Route),
                _ => {}
            }
            messages = rest;
        }
    }

    /// What an `ifinfomsg` tells of a link.
    fn link(&mut self, body: &[u8]) -> Option<Change> {
        let (index, flags) = (u32_at(body, 4)?, u32_at(body, 8)?);
        let runs = flags & RUNNING != 0;
        let before = self.0.insert(index, runs);
        // The first that is heard of a link need not be news, unless it is that it does not carry.
        (runs && before == Some(false)).then_some(Change::Up)
    }
}

/// The first of several things that tell their length, and what follows it.
struct Part<'a> {
    kind: u16,
    body: &'a [u8],
    rest: &'a [u8],
}

/// The first of `messages` (`nlmsghdr`).
fn message(messages: &[u8]) -> Option<Part<'_>> {
    let length = usize::try_from(u32_at(messages, 0)?).ok()?;
    Some(Part {
        kind: u16_at(messages, 4)?,
        body: messages.get(16..length)?,
        rest: after(messages, length),
    })
}

/// The address of an `ifaddrmsg`, if it can be used.
fn usable_address(body: &[u8]) -> Option<IpAddr> {
    let flags = *body.get(2)?;
    let mut attributes = body.get(8..)?;
    let (mut address, mut local) = (None, None);
    while let Some(Part { kind, body, rest }) = attribute(attributes) {
        match kind {
            ADDRESS => address = ip(body),
            LOCAL => local = ip(body),
            _ => {}
        }
        attributes = rest;
    }
    local.or(address).filter(|_| flags & TENTATIVE == 0)
}

/// The first of `attributes` (`rtattr`).
fn attribute(attributes: &[u8]) -> Option<Part<'_>> {
    let length = usize::from(u16_at(attributes, 0)?);
    Some(Part {
        kind: u16_at(attributes, 2)?,
        body: attributes.get(4..length)?,
        rest: after(attributes, length),
    })
}

/// What follows the first `length` bytes: at the next multiple of four.
fn after(bytes: &[u8], length: usize) -> &[u8] {
    bytes.get(length.next_multiple_of(4)..).unwrap_or_default()
}

fn ip(value: &[u8]) -> Option<IpAddr> {
    if let Ok(v4) = <[u8; 4]>::try_from(value) {
        return Some(Ipv4Addr::from(v4).into());
    }
    let v6 = <[u8; 16]>::try_from(value).ok()?;
    Some(Ipv6Addr::from(v6).into())
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}
