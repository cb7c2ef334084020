//! Files that are either whole or absent, whatever interrupts the program.

use crate::RecordError;
use std::{fs, io::Write, path::Path};

/// Writes a file whole: a temporary file in the same folder, synced, renamed into place, the folder synced.
///
/// A file of that name is replaced; after a crash the old or the new content is there, never a mixture. The folder is
/// created if it is missing. A crash may leave a hidden `.tmp` file beside it, which no reader looks at.
///
/// # Errors
/// [`RecordError::Io`], naming the file.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), RecordError> {
    let folder = parent(path);
    fs::create_dir_all(folder).map_err(RecordError::io("create folder", folder))?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".braggscape-").suffix(".tmp");
    #[cfg(unix)]
    {
        // Temporary files are private by default; results get the permissions of any new file (the umask applies).
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder).map_err(RecordError::io("write", path))?;
    file.write_all(bytes).map_err(RecordError::io("write", path))?;
    file.as_file().sync_all().map_err(RecordError::io("sync", path))?;
    file.persist(path).map_err(|e| RecordError::io("rename into place", path)(e.error))?;
    sync_folder(folder)
}

/// The folder of a path; a bare file name lies in the current folder.
pub(crate) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(p) if !p.as_os_str().is_empty() => p,
        _ => Path::new("."),
    }
}

/// Makes the entries of a folder durable. Elsewhere than on Unix, folders cannot be synced and nothing is done.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), RecordError> {
    #[cfg(unix)]
    fs::File::open(folder)
        .and_then(|f| f.sync_all())
        .map_err(RecordError::io("sync folder", folder))?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}
