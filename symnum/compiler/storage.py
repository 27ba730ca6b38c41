"""The folder of compiled kernels: content-addressed, checked, bounded.

A kernel has one file of source text, ``k_<key>.py``, and one file of object code for each entry,
``k_<key>.<entry>.bin``. The key is a hash of the text and of everything else that decides what
the machine code is, so an entry is never out of date; it is only absent. Every file is written
under a temporary name and moved into place, and its checksum is verified before it is used: a
damaged object file would not raise, it would crash the process.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import stat
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from symnum.errors import CacheWarning
from symnum.settings import cache_folder

__all__ = ["CacheInfo", "Store", "StoredKernel", "stored_files"]

logger = logging.getLogger(__name__)

MAGIC = b"symnum kernel object\n"
FORMAT = 1

# The folder is pruned to this many bytes, the files longest unused first.
LARGEST_FOLDER = 256 * 2**20

# Temporary files older than this were left behind by a process that died.
ABANDONED_SECONDS = 3600.0

# A file's time of last use is refreshed at most this often.
REFRESH_SECONDS = 3600.0

# The folder is measured at the first write of a process and after so many more.
WRITES_BETWEEN_PRUNES = 64


class Damaged(Exception):
    """A file of the cache is not what was written."""


@dataclass(frozen=True, slots=True)
class CacheInfo:
    """What the cache holds.

    Parameters
    ----------
    folder : pathlib.Path
        Where the files are.
    kernels : int
        Kernels on disk.
    bytes : int
        Size of all files.
    live : int
        Compiled kernels kept in this process.
    """

    folder: Path
    kernels: int
    bytes: int
    live: int

    def __str__(self) -> str:
        size = f"{self.bytes / 1e6:.1f} MB"
        return f"{self.kernels} kernels, {size} in {self.folder}; {self.live} live in this process"


def stored_files(folder: Path) -> list[Path]:
    """Return the files of the cache in a folder, and nothing else that lies there."""
    try:
        names = sorted(path for path in folder.iterdir() if path.name.startswith("k_"))
    except OSError:
        return []
    return [path for path in names if path.suffix in (".py", ".bin", ".tmp")]


class Store:
    """The folder of a process; `Store.open` finds it anew, for the environment may change.

    Parameters
    ----------
    folder : pathlib.Path or None
        None if no folder can be had; then nothing is read or written.
    """

    _warned = False
    _writes = 0

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder

    @classmethod
    def open(cls) -> Store:
        """Return the store in the current cache folder, creating the folder if need be."""
        try:
            folder = cache_folder() / "kernels"
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _make_private(folder)
        except (OSError, RuntimeError) as error:
            cls.unusable(error)
            return cls(None)
        return cls(folder)

    @classmethod
    def unusable(cls, error: Exception) -> None:
        """Warn, once a process, that kernels are compiled in memory only."""
        if cls._warned:
            return
        cls._warned = True
        warnings.warn(
            f"the kernel cache cannot be used, kernels are compiled in memory: {error}",
            CacheWarning,
            stacklevel=2,
        )

    def write(self, name: str, content: bytes) -> None:
        """Write a file so that other processes see all of it or nothing."""
        if self.folder is None:
            return
        try:
            with self._temporary(name) as temporary:
                temporary.write_bytes(content)
                os.replace(temporary, self.folder / name)
        except OSError as error:
            self.unusable(error)
            return
        if Store._writes % WRITES_BETWEEN_PRUNES == 0:
            self.prune()
        Store._writes += 1

    @contextlib.contextmanager
    def _temporary(self, name: str) -> Iterator[Path]:
        handle, path = tempfile.mkstemp(prefix=f"{name}.", suffix=".tmp", dir=self.folder)
        os.close(handle)
        try:
            yield Path(path)
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)

    def read(self, name: str) -> bytes | None:
        """Return the content of a file, None if it is absent.

        Raises
        ------
        Damaged
            If it belongs to another user or is no ordinary file.
        """
        if self.folder is None:
            return None
        try:
            with open(self.folder / name, "rb") as file:
                status = os.fstat(file.fileno())
                if not stat.S_ISREG(status.st_mode) or not _is_own(status):
                    raise Damaged("it belongs to another user")
                if time.time() - status.st_mtime > REFRESH_SECONDS:
                    with contextlib.suppress(OSError):
                        os.utime(file.fileno())
                return file.read()
        except FileNotFoundError:
            return None
        except OSError as error:
            self.unusable(error)
            return None

    def remove(self, name: str) -> None:
        """Remove a file if it is there and can be removed."""
        if self.folder is not None:
            with contextlib.suppress(OSError):
                (self.folder / name).unlink()

    def prune(self, limit: int = LARGEST_FOLDER) -> None:
        """Remove abandoned temporary files, and the files longest unused beyond the limit."""
        if self.folder is None:
            return
        sizes: list[tuple[float, int, Path]] = []
        for path in stored_files(self.folder):
            with contextlib.suppress(OSError):
                status = path.stat()
                sizes.append((status.st_mtime, status.st_size, path))
        total = sum(size for _, size, _ in sizes)
        for used, size, path in sorted(sizes):
            abandoned = path.suffix == ".tmp" and time.time() - used > ABANDONED_SECONDS
            if abandoned or (total > limit and path.suffix != ".tmp"):
                with contextlib.suppress(OSError):
                    path.unlink()
                    total -= size


def _make_private(folder: Path) -> None:
    """Refuse a folder that another user could write: its files become machine code."""
    if os.name != "posix":
        return
    status = folder.stat()
    if not _is_own(status):
        raise PermissionError(f"{folder} belongs to another user")
    if stat.S_IMODE(status.st_mode) & 0o077:
        folder.chmod(0o700)


def _is_own(status: os.stat_result) -> bool:
    return os.name != "posix" or status.st_uid == os.getuid()


@dataclass(frozen=True, slots=True)
class StoredKernel:
    """The files of one kernel.

    Parameters
    ----------
    store : Store
        Where they are.
    key : str
        The hash that names them.
    text : str
        The source that the kernel must have.
    environment : mapping of str to str
        Versions and processor; an entry with others is out of date, not damaged.
    """

    store: Store
    key: str
    text: str
    environment: Mapping[str, str]

    @property
    def source_name(self) -> str:
        """The name of the file with the source text."""
        return f"k_{self.key}.py"

    def object_name(self, entry: str) -> str:
        """Return the name of the file with the object code of an entry."""
        return f"k_{self.key}.{entry}.bin"

    def prepare(self, entries: tuple[str, ...]) -> None:
        """Verify all files, remove the damaged ones with one warning, and write the source."""
        problems = []
        for entry in entries:
            try:
                self.load(entry)
            except Damaged as problem:
                problems.append(f"{self.object_name(entry)}: {problem}")
                self.store.remove(self.object_name(entry))
        try:
            source = self.store.read(self.source_name)
            if source is not None and source != self.text.encode():
                raise Damaged("it is not the text that was written")
        except Damaged as problem:
            problems.append(f"{self.source_name}: {problem}")
            source = None
        if source is None:
            self.store.write(self.source_name, self.text.encode())
        if problems:
            self.warn(problems)

    @property
    def source_path(self) -> str:
        """Where the source is, for tracebacks and debuggers."""
        return str(self.store.folder / self.source_name) if self.store.folder else "<symnum kernel>"

    def replace(self, entry: str, problem: str) -> None:
        """Remove the object code of an entry that turned out to be useless."""
        self.store.remove(self.object_name(entry))
        self.warn([f"{self.object_name(entry)}: {problem}"])

    def warn(self, problems: list[str]) -> None:
        """Say which files were damaged; the kernel is compiled anew."""
        warnings.warn(
            f"damaged files in the kernel cache are replaced: {'; '.join(problems)}",
            CacheWarning,
            stacklevel=2,
        )

    def load(self, entry: str) -> bytes | None:
        """Return the verified object code of an entry, None if it is absent or out of date.

        Raises
        ------
        Damaged
            If the file is not what was written.
        """
        content = self.store.read(self.object_name(entry))
        if content is None:
            return None
        header, payload = _split(content)
        if header.get("format") != FORMAT or header.get("environment") != dict(self.environment):
            logger.debug("%s is out of date", self.object_name(entry))
            return None
        if header.get("key") != self.key or header.get("entry") != entry:
            raise Damaged("it belongs to another kernel")
        if header.get("sha256") != hashlib.sha256(payload).hexdigest():
            raise Damaged("its checksum is wrong")
        return payload

    def recovered(self, entry: str) -> bytes | None:
        """Return the content of an entry; a damaged one is removed with a warning."""
        try:
            return self.load(entry)
        except Damaged as problem:
            self.replace(entry, str(problem))
            return None

    def save(self, entry: str, payload: bytes) -> None:
        """Write the object code of an entry with its checksum."""
        header = {
            "format": FORMAT,
            "key": self.key,
            "entry": entry,
            "environment": dict(self.environment),
            "sha256": hashlib.sha256(payload).hexdigest(),
        }
        line = json.dumps(header, sort_keys=True).encode()
        self.store.write(self.object_name(entry), MAGIC + line + b"\n" + payload)


def _split(content: bytes) -> tuple[dict[str, object], bytes]:
    if not content.startswith(MAGIC):
        raise Damaged("it does not begin as such a file does")
    line, separator, payload = content[len(MAGIC) :].partition(b"\n")
    try:
        header = json.loads(line)
    except ValueError:
        raise Damaged("its header cannot be read") from None
    if not separator or not isinstance(header, dict):
        raise Damaged("its header is incomplete")
    return header, payload
