// SPDX-License-Identifier: GPL-2.0
//! The echo server of every tutorial, in Rust: what comes in over TCP goes back, to many clients at a time.
//!
//!     rust_echo_server ADDRESS PORT
use std::error::Error;
use std::io::{self, Read, Write};
use std::net::{SocketAddrV4, TcpStream};
use std::{env, thread};

fn echo(mut connection: TcpStream) -> io::Result<()> {
    let mut buffer = [0; 4096];
    loop {
        let n = connection.read(&mut buffer)?;
        if n == 0 {
            return Ok(());
        }
        print!("got {}", String::from_utf8_lossy(&buffer[..n]));
        connection.write_all(&buffer[..n])?;
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().collect();
    let (address, port) = match &arguments[..] {
        [_, address, port] => (address, port),
        _ => return Err("usage: rust_echo_server ADDRESS PORT".into()),
    };

    let listener = std::net::TcpListener::bind(SocketAddrV4::new(address.parse()?, port.parse()?))?;
    println!("listening on {address} port {port}");
    loop {
        let (connection, peer) = listener.accept()?;
        thread::spawn(move || {
            println!("connection from {}", peer.ip());
            match echo(connection) {
                Ok(()) => println!("connection closed"),
                Err(error) => println!("connection broke: {error}"),
            }
        });
    }
}
