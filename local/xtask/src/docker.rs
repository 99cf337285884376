//! A Docker engine, for `sam local invoke`: nothing else of the project needs one.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;

use crate::process::capture;

/// Whether an engine answers.
pub(crate) fn is_running() -> bool {
    let mut command = Command::new("docker");
    command.args(["version", "--format", "{{.Server.Version}}"]).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Whether an image is there, so that none is fetched.
pub(crate) fn has_image(name: &str) -> bool {
    let mut command = Command::new("docker");
    command.args(["image", "inspect", name]).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// How containers reach what listens on this machine's loopback interface.
///
/// An engine of this machine gives containers a network of their own, whose gateway is an address of ours: what comes
/// to it is handed on. An engine in a virtual machine does the same itself, under a name.
#[derive(Debug)]
pub(crate) struct WayIn {
    host: String,
    gateway: Option<IpAddr>,
}

impl WayIn {
    /// Finds the way.
    pub(crate) fn find() -> Self {
        let mut command = Command::new("docker");
        command.args([
            "network",
            "inspect",
            "bridge",
            "--format",
            "{{with index .IPAM.Config 0}}{{.Gateway}},{{.Subnet}}{{end}}",
        ]);
        let gateway = capture(&mut command).and_then(|text| gateway(&text));
        match gateway.filter(|gateway| TcpListener::bind((*gateway, 0)).is_ok()) {
            Some(gateway) => Self { host: gateway.to_string(), gateway: Some(gateway) },
            None => Self { host: "host.docker.internal".to_owned(), gateway: None },
        }
    }

    /// Opens it for one port, until this program ends; the address under which containers reach that port.
    pub(crate) fn open(&self, port: u16) -> io::Result<String> {
        if let Some(gateway) = self.gateway {
            let listener = TcpListener::bind((gateway, port))?;
            thread::spawn(move || {
                for stream in listener.incoming().map_while(Result::ok) {
                    thread::spawn(move || hand_on(&stream, port));
                }
            });
        }
        Ok(format!("http://{}:{port}", self.host))
    }
}

/// The gateway of `gateway,subnet`. An engine that has none to tell has taken the first address of the subnet.
fn gateway(told: &str) -> Option<IpAddr> {
    let (gateway, subnet) = told.trim().split_once(',')?;
    if let Ok(gateway) = gateway.parse() {
        return Some(gateway);
    }
    let base: Ipv4Addr = subnet.split('/').next()?.parse().ok()?;
    Some(Ipv4Addr::from(u32::from(base) + 1).into())
}

/// Connects two streams until either end closes. A connection that breaks is the container's to notice.
fn hand_on(stream: &TcpStream, port: u16) {
    let Ok(target) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else {
        return;
    };
    let copy = |mut from: &TcpStream, mut to: &TcpStream| {
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    };
    thread::scope(|scope| {
        scope.spawn(|| copy(stream, &target));
        copy(&target, stream);
    });
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use super::*;

    #[test]
    fn a_gateway_that_is_not_told_is_the_first_address() {
        let first: IpAddr = Ipv4Addr::new(172, 17, 0, 1).into();
        assert_eq!(gateway(",172.17.0.0/16\n"), Some(first));
        assert_eq!(gateway("172.17.0.1,172.17.0.0/16"), Some(first));
        assert_eq!(gateway(","), None);
    }

    #[test]
    fn what_comes_in_is_handed_on_and_answered() {
        let server = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = server.local_addr().expect("an address").port();
        thread::spawn(move || {
            let (mut stream, _) = server.accept().expect("a connection");
            let mut asked = String::new();
            stream.read_to_string(&mut asked).expect("a text");
            stream.write_all(asked.to_uppercase().as_bytes()).expect("an answer");
        });
        // Another address of the loopback interface stands for the gateway.
        let way = WayIn { host: "127.0.0.2".to_owned(), gateway: Some(Ipv4Addr::new(127, 0, 0, 2).into()) };
        assert_eq!(way.open(port).expect("a way in"), format!("http://127.0.0.2:{port}"));
        let mut stream = TcpStream::connect(("127.0.0.2", port)).expect("a connection");
        stream.write_all(b"hold").expect("a text");
        stream.shutdown(Shutdown::Write).expect("an end");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        assert_eq!(answer, "HOLD");
    }
}
