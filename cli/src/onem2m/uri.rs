//! Parts of URIs.

/// Host and port of an authority; `None` if it is none. A literal IPv6 address comes without its
/// brackets.
pub(super) fn host_and_port(authority: &str, default: u16) -> Option<(String, u16)> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']')?;
            host.parse::<std::net::Ipv6Addr>().ok()?;
            (host, after.strip_prefix(':').or(after.is_empty().then_some(""))?)
        }
        None => authority.split_once(':').unwrap_or((authority, "")),
    };
    let odd = |c: char| c.is_whitespace() || c.is_control() || "/?#@%[]".contains(c);
    if host.is_empty() || host.contains(odd) {
        return None;
    }
    let port = match port {
        "" => default,
        digits => digits.parse().ok().filter(|port| *port != 0)?,
    };
    Some((host.to_owned(), port))
}
