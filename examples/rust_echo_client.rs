// SPDX-License-Identifier: GPL-2.0
//! The echo client of every tutorial, in Rust: sends the lines of its input over TCP and prints what comes back.
//!
//!     rust_echo_client ADDRESS PORT
use std::env;
use std::error::Error;
use std::io::{self, BufRead, BufReader, Write};
use std::net::SocketAddrV4;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().collect();
    let (address, port) = match &arguments[..] {
        [_, address, port] => (address, port),
        _ => return Err("usage: rust_echo_client ADDRESS PORT".into()),
    };

    let mut connection = std::net::TcpStream::connect(SocketAddrV4::new(address.parse()?, port.parse()?))?;
    println!("connected to {address} port {port}");

    let mut answers = BufReader::new(connection.try_clone()?);
    for line in io::stdin().lock().lines() {
        connection.write_all((line? + "\n").as_bytes())?;
        let mut answer = String::new();
        if answers.read_line(&mut answer)? == 0 {
            return Err("the server hung up".into());
        }
        print!("echo: {answer}");
    }
    Ok(())
}
