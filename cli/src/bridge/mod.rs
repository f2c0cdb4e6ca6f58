//! `m2m bridge`: carries the datagrams of a device on a serial line over UDP.
//!
//! On the line they are SLIP frames, one datagram a frame. To the server the bridge is the device:
//! one address, one port.

mod slip;

use crate::args;
use crate::failure::{Failure, reason};
use crate::signals::Signals;
use slip::Deframer;
use std::fmt;
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

/// Longest datagram that UDP carries.
const LONGEST: usize = 65_507;

/// Where the serial line is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Serial {
    /// A TCP port where an emulator or a terminal server has it.
    Tcp(String),
    /// A Unix socket where an emulator has it.
    Unix(String),
    /// A device of this machine, in the mode that it is in.
    Device(String),
}

impl Serial {
    /// `tcp:HOST:PORT`, `unix:PATH`, or the path of a device.
    pub(crate) fn parse(text: &str) -> Result<Serial, String> {
        let wrong = || "it takes tcp:HOST:PORT, unix:PATH or the path of a device".to_owned();
        match text.split_once(':') {
            Some(("tcp", at)) if at.rsplit_once(':').is_some_and(|(host, _)| !host.is_empty()) => {
                Ok(Serial::Tcp(at.to_owned()))
            }
            Some(("unix", path)) if !path.is_empty() => Ok(Serial::Unix(path.to_owned())),
            Some(("tcp" | "unix", _)) => Err(wrong()),
            _ if text.is_empty() => Err(wrong()),
            _ => Ok(Serial::Device(text.to_owned())),
        }
    }

    async fn open(&self) -> io::Result<(Reading, Writing)> {
        Ok(match self {
            Serial::Tcp(at) => {
                let stream = TcpStream::connect(at).await?;
                stream.set_nodelay(true)?;
                both(stream.into_split())
            }
            #[cfg(unix)]
            Serial::Unix(path) => both(tokio::net::UnixStream::connect(path).await?.into_split()),
            #[cfg(not(unix))]
            Serial::Unix(_) => return Err(io::ErrorKind::Unsupported.into()),
            Serial::Device(path) => {
                let file = std::fs::OpenOptions::new().read(true).write(true).open(path)?;
                let other = file.try_clone()?;
                both((tokio::fs::File::from_std(file), tokio::fs::File::from_std(other)))
            }
        })
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Serial::Tcp(at) => write!(f, "tcp:{at}"),
            Serial::Unix(path) => write!(f, "unix:{path}"),
            Serial::Device(path) => f.write_str(path),
        }
    }
}

type Reading = Box<dyn AsyncRead + Unpin>;
type Writing = Box<dyn AsyncWrite + Unpin>;

fn both(
    (read, write): (impl AsyncRead + Unpin + 'static, impl AsyncWrite + Unpin + 'static),
) -> (Reading, Writing) {
    (Box::new(read), Box::new(write))
}

/// Runs until a signal, or until the line ends.
pub(crate) async fn run(options: &args::Bridge) -> Result<(), Failure> {
    let mut signals = Signals::new()?;
    let (line, server) = (&options.serial, options.to.as_str());
    let cannot = |error: io::Error| Failure::io(format_args!("cannot open {line}"), &error);
    let (mut read, mut write) = line.open().await.map_err(cannot)?;
    let unknown = || Failure::new(format!("no host is known by the name {server}"));
    let address = tokio::net::lookup_host(server).await.map_err(|_| unknown())?.next();
    let address = address.ok_or_else(unknown)?;
    let any = if address.is_ipv6() { "[::]:0" } else { "0.0.0.0:0" };
    let no_socket = |error: io::Error| Failure::io(format_args!("cannot reach {server}"), &error);
    let socket = UdpSocket::bind(any).await.map_err(no_socket)?;
    socket.connect(address).await.map_err(no_socket)?;
    anstream::println!("carrying datagrams between {line} and {address}");

    let (mut bytes, mut datagram) = ([0; 4096], vec![0; LONGEST]);
    let mut deframer = Deframer::new(LONGEST);
    let mut refused = false;
    loop {
        tokio::select! {
            () = signals.wait() => return Ok(()),
            got = read.read(&mut bytes) => {
                let len = got.map_err(|e| Failure::io(format_args!("{line} broke"), &e))?;
                if len == 0 {
                    return Err(Failure::new(format!("{line} has ended")));
                }
                for byte in bytes.iter().take(len) {
                    if let Some(datagram) = deframer.push(*byte) {
                        // One that cannot be sent is a lost one: the device repeats it.
                        let _ = socket.send(&datagram).await;
                    }
                }
            }
            got = socket.recv(&mut datagram) => match got {
                Ok(len) => {
                    refused = false;
                    let frame = slip::frame(datagram.get(..len).unwrap_or(&[]));
                    let written = async {
                        write.write_all(&frame).await?;
                        write.flush().await
                    };
                    written.await.map_err(|e| Failure::io(format_args!("{line} broke"), &e))?;
                }
                // Told once, not for every datagram: the server may come back.
                Err(error) => {
                    if !std::mem::replace(&mut refused, true) {
                        anstream::eprintln!("{address}: {}", reason(&error));
                    }
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_as_they_are_written() {
        for text in ["tcp:127.0.0.1:5555", "tcp:[::1]:1", "unix:/tmp/line", "/dev/ttyUSB0"] {
            assert_eq!(Serial::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "tcp:", "tcp:5555", "tcp::5555", "unix:"] {
            assert!(Serial::parse(text).is_err(), "{text}");
        }
    }
}
