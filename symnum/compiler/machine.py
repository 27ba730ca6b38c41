"""Machine code of programs: made by LLVM once, kept in memory and on disk."""

from __future__ import annotations

import hashlib
import platform
from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources
from typing import Any

from symnum.compiler.emission import EMITTER_VERSION, Code
from symnum.compiler.native import register
from symnum.compiler.objects import ObjectCode, assembly_text, object_code
from symnum.compiler.storage import CacheInfo, Store, StoredKernel, stored_files
from symnum.errors import KernelError
from symnum.locks import process_lock
from symnum.settings import cache_folder

__all__ = ["CompilationError", "MachineCode", "cache_info", "clear_cache", "machine_code"]

# So many kernels stay compiled for others of the same formula, the longest unused leaving first.
# A kernel in use keeps its own machine code in any case.
LIVE_KERNELS = 512

# The name of a kernel's object code in the cache.
ENTRY = "object"

_live: OrderedDict[tuple[str, str], MachineCode] = OrderedDict()

# One lock for all keys: two threads must not compile the same kernel.
_lock = process_lock("machine code")


class CompilationError(KernelError):
    """The compiler refused generated code, which is a defect of symnum.

    Parameters
    ----------
    formula : str
        What the user wrote, the first line of the message.
    reason : str
        What the compiler said.
    source : str
        The generated text with line numbers.
    """

    def __init__(self, formula: str, reason: str, source: str) -> None:
        super().__init__(formula, reason, source)
        self.formula = formula
        self.reason = reason
        self.source = source

    def __str__(self) -> str:
        return f"{self.formula}\ncould not be compiled: {self.reason}"


@cache
def environment() -> Mapping[str, str]:
    """Return what decides, besides the program, which machine code comes out."""
    import llvmlite

    from symnum.compiler.vectors import host_target

    target = host_target()
    return {
        "emitter": f"{EMITTER_VERSION} {_code_digest()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "llvmlite": llvmlite.__version__,
        "system": f"{platform.system()} {platform.machine()}",
        "processor": target.processor,
        "features": target.features,
    }


def _code_digest() -> str:
    """Return a hash of the modules that write the code."""
    digest = hashlib.sha256()
    root = resources.files("symnum.compiler")
    files = [
        root.joinpath(name)
        for name in (
            "memory.py",
            "vector_code.py",
            "iteration_code.py",
            "iteration_driver.py",
            "iteration_layout.py",
            "python_entries.py",
            "native.py",
            "native_calls.py",
            "objects.py",
        )
    ]
    for folder in ("vectors", "elementary"):
        files += sorted(root.joinpath(folder).iterdir(), key=lambda file: file.name)
    for file in files:
        if file.name.endswith(".py"):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _key(code: Code) -> str:
    digest = hashlib.sha256()
    for part in (*(f"{k}={v}" for k, v in sorted(environment().items())), code.text):
        digest.update(part.encode())
        digest.update(b"\0")
    return digest.hexdigest()


class MachineCode:
    """The machine code of one program, loaded or compiled when it is first asked for.

    Parameters
    ----------
    code : Code
        The program.
    stored : StoredKernel
        Its files.
    """

    __slots__ = ("_entries", "_object", "code", "stored")

    def __init__(self, code: Code, stored: StoredKernel) -> None:
        self.code = code
        self.stored = stored
        self._object: ObjectCode | None = None
        self._entries: dict[str, Callable[..., Any]] = {}

    @property
    def loaded(self) -> bool:
        """Whether it is in memory."""
        return self._object is not None

    def inspect_asm(self) -> str:
        """Return the assembly text, compiled now, for tests of vectorisation."""
        with _lock:
            return assembly_text(self.code)

    def entry(self, name: str) -> Callable[..., Any]:
        """Return a function that runs the machine code.

        Parameters
        ----------
        name : str
            ``"formula"``, ``"block"`` or ``"into"``: see `ObjectCode.function`.
        """
        found = self._entries.get(name)
        if found is None:
            with _lock:
                if self._object is None:
                    register(self.code.called)
                    self._object = self._load() or self._compile()
                found = self._entries[name] = self._object.function(name)
        return found

    def _load(self) -> ObjectCode | None:
        self.stored.prepare((ENTRY,))
        payload = self.stored.load(ENTRY)
        return None if payload is None else ObjectCode(payload)

    def _compile(self) -> ObjectCode:
        payload = object_code(self.code)
        self.stored.save(ENTRY, payload)
        return ObjectCode(payload)


def machine_code(code: Code) -> MachineCode:
    """Return the machine code of a program, shared by all kernels with the same text.

    Parameters
    ----------
    code : Code
        What `emit` returned, or the code of an iteration.

    Returns
    -------
    MachineCode
        Nothing is compiled yet.
    """
    key = _key(code)
    store = Store.open()
    place = (str(store.folder), key)
    with _lock:
        found = _live.get(place)
        if found is None:
            stored = StoredKernel(store, key, code.text, environment())
            found = _live[place] = MachineCode(code, stored)
        _live.move_to_end(place)
        while len(_live) > LIVE_KERNELS:
            _live.popitem(last=False)
    return found


def clear_cache() -> int:
    """Remove every compiled kernel from the disk and from the memory of this process.

    Kernels in use keep working; they are compiled again when next built.

    Returns
    -------
    int
        The number of files removed.

    Examples
    --------
    >>> removed = clear_cache()
    """
    with _lock:
        _live.clear()
    store = Store.open()
    files = stored_files(store.folder) if store.folder is not None else []
    for path in files:
        store.remove(path.name)
    return len(files)


def cache_info() -> CacheInfo:
    """Return where the cache is and what it holds.

    Examples
    --------
    >>> cache_info().kernels >= 0
    True
    """
    folder = cache_folder() / "kernels"
    sizes, kernels = 0, 0
    for path in stored_files(folder):
        try:
            sizes += path.stat().st_size
        except OSError:
            continue
        kernels += path.suffix == ".py"
    return CacheInfo(folder, kernels, sizes, len(_live))
