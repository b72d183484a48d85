// SPDX-License-Identifier: GPL-2.0
//! KITE for Rust, whose standard library makes sockets of its own families only, but takes any that is handed to it and whose
//! names it can read.
#![allow(dead_code)] // who listens does not connect

use std::io;
use std::mem::size_of;
use std::net::{SocketAddrV4, TcpListener, TcpStream};
use std::os::raw::c_int;
use std::os::unix::io::{AsRawFd, FromRawFd, OwnedFd};

// As in linux/kite.h
const AF_KITE: u16 = 18;
const SOL_KITE: c_int = 0x4b54;
const KITE_INET_NAMES: c_int = 1;

// As in sys/socket.h
const SOCK_STREAM: c_int = 1;
const SOCK_CLOEXEC: c_int = 0o2000000;
const SOL_SOCKET: c_int = 1;
const SO_REUSEADDR: c_int = 2;
const SOMAXCONN: c_int = 4096;

/// struct sockaddr_kite, all of it in network order but the family
#[repr(C)]
struct Name {
    family: u16,
    port: [u8; 2],
    address: [u8; 4],
    pad: [u8; 8],
}

extern "C" {
    fn socket(family: c_int, kind: c_int, protocol: c_int) -> c_int;
    fn setsockopt(fd: c_int, level: c_int, option: c_int, value: *const c_int, length: u32) -> c_int;
    fn bind(fd: c_int, name: *const Name, length: u32) -> c_int;
    fn listen(fd: c_int, backlog: c_int) -> c_int;
    fn connect(fd: c_int, name: *const Name, length: u32) -> c_int;
}

/// Turn what a system call returned into a Result.
fn result(returned: c_int) -> io::Result<c_int> {
    if returned < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(returned)
}

fn set(socket: &OwnedFd, level: c_int, option: c_int) -> io::Result<c_int> {
    let on: c_int = 1;
    result(unsafe { setsockopt(socket.as_raw_fd(), level, option, &on, size_of::<c_int>() as u32) })
}

/// A TCP socket of AF_KITE that names its addresses as one of AF_INET does
fn tcp_socket() -> io::Result<OwnedFd> {
    let socket = unsafe { OwnedFd::from_raw_fd(result(socket(AF_KITE.into(), SOCK_STREAM | SOCK_CLOEXEC, 0))?) };
    set(&socket, SOL_KITE, KITE_INET_NAMES)?;
    Ok(socket)
}

fn name(address: SocketAddrV4) -> Name {
    Name { family: AF_KITE, port: address.port().to_be_bytes(), address: address.ip().octets(), pad: [0; 8] }
}

/// TcpListener::bind for AF_KITE, which sets SO_REUSEADDR as that does
pub fn tcp_listen(address: SocketAddrV4) -> io::Result<TcpListener> {
    let socket = tcp_socket()?;
    set(&socket, SOL_SOCKET, SO_REUSEADDR)?;
    result(unsafe { bind(socket.as_raw_fd(), &name(address), size_of::<Name>() as u32) })?;
    result(unsafe { listen(socket.as_raw_fd(), SOMAXCONN) })?;
    Ok(socket.into())
}

/// TcpStream::connect for AF_KITE
pub fn tcp_connect(address: SocketAddrV4) -> io::Result<TcpStream> {
    let socket = tcp_socket()?;
    result(unsafe { connect(socket.as_raw_fd(), &name(address), size_of::<Name>() as u32) })?;
    Ok(socket.into())
}
