//! Starting other programs: from the root of the checkout, without standard input, with errors that name the command.

use anyhow::{Context as _, bail};
use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The root of the checkout.
pub(crate) fn root() -> PathBuf {
    let manifest_dir = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    manifest_dir.parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// The folder Cargo builds into.
pub(crate) fn target_dir() -> PathBuf {
    let dir =
        env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    root().join(dir)
}

/// The clock, for wall times and time limits.
#[expect(clippy::disallowed_methods, reason = "wall times are what is reported here")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// The Cargo that started us, as a command in the root of the checkout.
pub(crate) fn cargo() -> Command {
    command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Any program as a command in the root of the checkout, with nothing on its standard input.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root()).stdin(Stdio::null());
    command
}

/// The command as one would type it.
pub(crate) fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let program = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy();
    let args = command.get_args().map(OsStr::to_string_lossy);
    std::iter::once(program).chain(args).collect::<Vec<_>>().join(" ")
}

/// Shows and runs a command whose output the reader sees; a non-zero exit is an error.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let text = shown(command);
    println!("$ {text}");
    let status = command.status().with_context(|| format!("cannot start `{text}`"))?;
    if !status.success() {
        bail!("`{text}` failed with {status}");
    }
    Ok(())
}

/// Runs a command and returns its standard output; a non-zero exit is an error that holds its standard error.
pub(crate) fn read(command: &mut Command) -> anyhow::Result<Vec<u8>> {
    let text = shown(command);
    let output = command.output().with_context(|| format!("cannot start `{text}`"))?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        bail!("`{text}` failed with {}: {}", output.status, stderr.trim());
    }
    Ok(output.stdout)
}

/// Runs a command for at most `limit`; `None` when it was stopped for taking longer.
///
/// Its output is gathered by two threads, so a full pipe cannot stall it.
pub(crate) fn read_within(
    command: &mut Command,
    limit: Duration,
) -> anyhow::Result<Option<Output>> {
    let text = shown(command);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start `{text}`"))?;
    let stdout = child.stdout.take().map(gather);
    let stderr = child.stderr.take().map(gather);
    let start = now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if start.elapsed() > limit {
            child.kill().with_context(|| format!("cannot stop `{text}`"))?;
            child.wait()?;
            // The readers are left behind: a grandchild may hold the pipes open.
            return Ok(None);
        }
        thread::sleep(Duration::from_millis(50));
    };
    let join = |reader: Option<thread::JoinHandle<Vec<u8>>>| {
        reader.and_then(|reader| reader.join().ok()).unwrap_or_default()
    };
    Ok(Some(Output { status, stdout: join(stdout), stderr: join(stderr) }))
}

fn gather(mut pipe: impl std::io::Read + Send + 'static) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // A broken pipe ends the output; what came before it still counts.
        let _ = pipe.read_to_end(&mut bytes);
        bytes
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_command_is_stopped() {
        let start = now();
        let output = read_within(command("sleep").arg("30"), Duration::from_millis(200)).unwrap();
        assert!(output.is_none());
        assert!(start.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn failures_name_the_command() {
        let error = run(command("ls").arg("no-such-file").stderr(Stdio::null())).unwrap_err();
        assert!(format!("{error:#}").contains("ls no-such-file"));
        let error = read(&mut command("no-such-program-here")).unwrap_err();
        assert!(format!("{error:#}").contains("cannot start `no-such-program-here`"));
    }

    #[test]
    fn the_root_holds_the_workspace() {
        assert!(root().join("Cargo.toml").is_file());
    }
}
