// SPDX-License-Identifier: GPL-2.0
//! The echo server of every tutorial, in Rust with tokio: what comes in over TCP goes back, to many clients at a time.
//!
//!     tokio_echo_server ADDRESS PORT
use std::error::Error;
use std::net::SocketAddrV4;
use std::{env, io};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

async fn echo(mut connection: TcpStream) -> io::Result<()> {
    let mut buffer = [0; 4096];
    loop {
        let n = connection.read(&mut buffer).await?;
        if n == 0 {
            return Ok(());
        }
        print!("got {}", String::from_utf8_lossy(&buffer[..n]));
        connection.write_all(&buffer[..n]).await?;
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().collect();
    let (address, port) = match &arguments[..] {
        [_, address, port] => (address, port),
        _ => return Err("usage: tokio_echo_server ADDRESS PORT".into()),
    };

    let listener = TcpListener::bind(SocketAddrV4::new(address.parse()?, port.parse()?)).await?;
    println!("listening on {address} port {port}");
    loop {
        let (connection, peer) = listener.accept().await?;
        tokio::spawn(async move {
            println!("connection from {}", peer.ip());
            match echo(connection).await {
                Ok(()) => println!("connection closed"),
                Err(error) => println!("connection broke: {error}"),
            }
        });
    }
}
