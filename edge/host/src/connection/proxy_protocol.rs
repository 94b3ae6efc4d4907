//! The header of the PROXY protocol, with which a connection from a load balancer begins: whose connection it carries.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    net::TcpStream,
};

/// What version 2 begins with.
const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";

/// The longest line of version 1, with its end.
const MAX_LINE: usize = 107;

/// The longest rest of version 2 that is taken: addresses, and what else a balancer tells.
const MAX_REST: usize = 4096;

/// Takes the header off a connection. Without an address in it (a check of the balancer itself) the client is `peer`.
pub(crate) async fn take(stream: &mut TcpStream, peer: SocketAddr) -> io::Result<SocketAddr> {
    Ok(read(stream).await?.unwrap_or(peer))
}

async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<SocketAddr>> {
    let mut start = [0; SIGNATURE.len()];
    stream.read_exact(&mut start).await?;
    if start == SIGNATURE {
        return binary(stream).await;
    }
    let mut line = start.to_vec();
    while !line.ends_with(b"\r\n") {
        if line.len() >= MAX_LINE {
            return Err(malformed());
        }
        // One by one: what comes after the line is the client's.
        line.push(stream.read_u8().await?);
    }
    text(&line)
}

/// `PROXY TCP4 192.0.2.1 198.51.100.1 56324 443`
fn text(line: &[u8]) -> io::Result<Option<SocketAddr>> {
    let line = std::str::from_utf8(line).map_err(|_| malformed())?;
    let mut words = line.trim_end().split(' ');
    if words.next() != Some("PROXY") {
        return Err(malformed());
    }
    match words.next() {
        Some("UNKNOWN") => Ok(None),
        Some("TCP4" | "TCP6") => {
            let ip = words.next().and_then(|word| word.parse::<IpAddr>().ok());
            let port = words.nth(1).and_then(|word| word.parse::<u16>().ok());
            let address = ip.zip(port).ok_or_else(malformed)?;
            Ok(Some(SocketAddr::from(address)))
        }
        _ => Err(malformed()),
    }
}

/// Version 2, after its signature.
async fn binary(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<SocketAddr>> {
    let [version_and_command, family] = [stream.read_u8().await?, stream.read_u8().await?];
    let length = usize::from(stream.read_u16().await?);
    if version_and_command >> 4 != 2 || length > MAX_REST {
        return Err(malformed());
    }
    let mut rest = vec![0; length];
    stream.read_exact(&mut rest).await?;
    // `LOCAL` is the balancer itself.
    if version_and_command.trailing_zeros() >= 4 {
        return Ok(None);
    }
    match family >> 4 {
        1 => address::<4>(&rest).map(|(ip, port)| Some((Ipv4Addr::from(ip), port).into())),
        2 => address::<16>(&rest).map(|(ip, port)| Some((Ipv6Addr::from(ip), port).into())),
        _ => Ok(None),
    }
}

/// Both addresses, then both ports; the source first.
fn address<const N: usize>(rest: &[u8]) -> io::Result<([u8; N], u16)> {
    let ip = rest.first_chunk::<N>();
    let port = rest.get(2 * N..).and_then(|ports| ports.first_chunk::<2>());
    let (ip, port) = ip.zip(port).ok_or_else(malformed)?;
    Ok((*ip, u16::from_be_bytes(*port)))
}

fn malformed() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "no header of the PROXY protocol",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found, and what is left for HTTP.
    async fn found(bytes: &[u8]) -> (Result<Option<String>, io::ErrorKind>, String) {
        let mut bytes = bytes;
        let found = read(&mut bytes).await;
        (
            found
                .map(|address| address.map(|address| address.to_string()))
                .map_err(|error| error.kind()),
            String::from_utf8_lossy(bytes).into_owned(),
        )
    }

    #[tokio::test]
    async fn lines_of_version_1_are_read() {
        let line = b"PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\nGET /";
        let (address, rest) = found(line).await;
        assert_eq!(address.unwrap().as_deref(), Some("192.0.2.1:56324"));
        assert_eq!(rest, "GET /");
        let (address, _) = found(b"PROXY TCP6 2001:db8::1 ::1 1 2\r\n").await;
        assert_eq!(address.unwrap().as_deref(), Some("[2001:db8::1]:1"));
        assert_eq!(found(b"PROXY UNKNOWN\r\n").await.0, Ok(None));
    }

    #[tokio::test]
    async fn version_2_is_read() {
        let mut bytes = SIGNATURE.to_vec();
        bytes.extend([
            0x21, 0x11, 0, 15, 192, 0, 2, 1, 198, 51, 100, 1, 0, 80, 1, 187,
        ]);
        bytes.extend(*b"xyzGET /");
        let (address, rest) = found(&bytes).await;
        assert_eq!(address.unwrap().as_deref(), Some("192.0.2.1:80"));
        assert_eq!(rest, "GET /");
        let mut local = SIGNATURE.to_vec();
        local.extend([0x20, 0, 0, 0]);
        assert_eq!(found(&local).await.0, Ok(None));
    }

    #[tokio::test]
    async fn anything_else_is_refused() {
        let no_header = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";
        let endless = "PROXY ".repeat(100);
        for bytes in [no_header, &endless, "PROXY TCP4 a b 1 2\r\n"] {
            let (address, _) = found(bytes.as_bytes()).await;
            assert_eq!(address, Err(io::ErrorKind::InvalidData), "{bytes}");
        }
        assert_eq!(found(b"PROXY").await.0, Err(io::ErrorKind::UnexpectedEof));
    }
}
