"""Machine code of generated modules: compiled once, kept in memory and on disk.

All that touches Numba's internals is here. Numba's own cache is passed by: it escapes with
UnpicklingError from a truncated index, loads damaged object code, and prepares the whole compiler
before it looks for a file. What is stored is a compile result in the form Numba pickles it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import platform
import sys
import threading
import types
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from symnum.compiler.emission import EMITTER_VERSION, GeneratedCode
from symnum.compiler.storage import CacheInfo, Store, StoredKernel, stored_files
from symnum.errors import KernelError
from symnum.settings import cache_folder

__all__ = ["CompilationError", "MachineCode", "cache_info", "clear_cache", "machine_code"]

# So many kernels stay compiled for others of the same formula, the longest unused leaving first.
# A kernel in use keeps its own machine code in any case.
LIVE_KERNELS = 512

ENTRIES = ("formula", "block")

_live: OrderedDict[tuple[str, str], MachineCode] = OrderedDict()

# One lock for all keys: Numba compiles one function at a time in any case. It is held across a
# fork, so that the child never inherits it from a thread that does not exist there.
_lock = threading.RLock()
if sys.platform != "win32":
    os.register_at_fork(
        before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release
    )


class CompilationError(KernelError):
    """Numba or LLVM refused generated code, which is a defect of symnum.

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
def _environment() -> Mapping[str, str]:
    """Return what decides, besides the text, which machine code comes out."""
    import llvmlite
    import llvmlite.binding
    import numba

    # The module's attributes are set when it is imported, which its stubs do not show.
    config: Any = numba.config
    switches = (config.OPT, config.LOOP_VECTORIZE, config.SLP_VECTORIZE, config.ENABLE_AVX)
    return {
        "emitter": str(EMITTER_VERSION),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "numba": numba.__version__,
        "llvmlite": llvmlite.__version__,
        "system": f"{platform.system()} {platform.machine()}",
        "processor": config.CPU_NAME or llvmlite.binding.get_host_cpu_name(),
        "features": config.CPU_FEATURES or llvmlite.binding.get_host_cpu_features().flatten(),
        "options": " ".join(map(str, switches)),
    }


def _key(code: GeneratedCode) -> str:
    digest = hashlib.sha256()
    for part in (*(f"{k}={v}" for k, v in sorted(_environment().items())), code.text):
        digest.update(part.encode())
        digest.update(b"\0")
    return digest.hexdigest()


@contextlib.contextmanager
def _imported(module: types.ModuleType) -> Iterator[None]:
    """Let the module be found by its name: Numba stores the name with the code and looks it up."""
    sys.modules[module.__name__] = module
    try:
        yield
    finally:
        del sys.modules[module.__name__]


class MachineCode:
    """The two entries of a generated module; each is compiled when first asked for.

    Parameters
    ----------
    code : GeneratedCode
        The module.
    stored : StoredKernel
        Its files.
    """

    __slots__ = ("_module", "_prepared", "_results", "code", "stored")

    def __init__(self, code: GeneratedCode, stored: StoredKernel) -> None:
        self.code = code
        self.stored = stored
        self._module: types.ModuleType | None = None
        self._prepared = False
        # Compile results by entry; they keep the machine code alive.
        self._results: dict[str, Any] = {}

    def inspect_asm(self) -> str:
        """Return the assembly text of the loop, compiled now, for tests of vectorisation."""
        with _lock:
            module = self._executed()
            fresh = module.inline(module.block.py_func)
            fresh.compile(self._signature("block"))
            return "\n".join(fresh.inspect_asm().values())

    def entry(self, name: str) -> Callable[..., Any]:
        """Return a compiled entry, loading or compiling it when first asked for.

        Parameters
        ----------
        name : str
            ``"formula"``, a function of numbers; or ``"block"``, of contiguous one-dimensional
            arrays of one length, inputs before outputs, that do not overlap.
        """
        # The entry point is what a dispatcher calls after it has looked at every argument; the
        # arrays that reach it here have been checked already.
        found = self._results.get(name)
        if found is None:
            with _lock:
                found = self._results.get(name) or self._load(name) or self._compile(name)
                self._results[name] = found
        entry_point: Callable[..., Any] = found.entry_point
        return entry_point

    @property
    def _module_name(self) -> str:
        # Numba's symbols contain it: two kernels must not share a name.
        return f"symnum_kernel_{self.stored.key}"

    def _load(self, name: str) -> Any:
        """Return the stored compile result, or None; the generated module is not executed."""
        if not self._prepared:
            self.stored.prepare(ENTRIES)
            self._prepared = True
        payload = self.stored.load(name)
        if payload is None:
            return None
        from numba.core.compiler import CompileResult
        from numba.core.registry import cpu_target
        from numba.core.runtime.nrt import rtsys

        # Registers the symbols of Numba's runtime, without which LLVM aborts the process. The rest
        # of what `refresh` prepares is for compiling, and takes a hundred times longer.
        rtsys.initialize(cpu_target.target_context)
        try:
            with _imported(types.ModuleType(self._module_name)):
                # The checksum is right: a process of this user pickled it with these versions.
                rebuild: Callable[..., Any] = CompileResult._rebuild
                return rebuild(cpu_target.target_context, *pickle.loads(payload))
        except (AttributeError, EOFError, ImportError, pickle.PickleError, TypeError) as error:
            self.stored.replace(name, f"it cannot be loaded ({error})")
            return None

    def _compile(self, name: str) -> Any:
        """Return a fresh compile result; the one of `formula` is a by-product of `block`."""
        from numba.core import serialize

        dump: Callable[..., bytes] = serialize.dumps
        module = self._executed()
        with _imported(module):
            getattr(module, name).compile(self._signature(name))
        for entry in ENTRIES:
            for result in getattr(module, entry).overloads.values():
                if entry not in self._results:
                    self._results[entry] = result
                    self.stored.save(entry, dump(result._reduce()))
        return self._results[name]

    def _executed(self) -> types.ModuleType:
        """Return the generated module, executed but not compiled."""
        if self._module is None:
            module = types.ModuleType(self._module_name)
            exec(compile(self.code.text, self.stored.source_path, "exec"), module.__dict__)
            if isinstance(module.formula, types.FunctionType):
                raise RuntimeError("Numba's compiler is switched off (NUMBA_DISABLE_JIT)")
            self._module = module
        return self._module

    def _signature(self, name: str) -> tuple[Any, ...]:
        from numba import types as numba_types

        if name == "formula":
            return (getattr(numba_types, self.code.number_type),) * self.code.arity
        array = getattr(numba_types, self.code.dtype)[::1]
        return (array,) * (self.code.arity + self.code.outputs)


def machine_code(code: GeneratedCode) -> MachineCode:
    """Return the machine code of a module, shared by all kernels with the same text.

    Parameters
    ----------
    code : GeneratedCode
        What `emit` returned.

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
            stored = StoredKernel(store, key, code.text, _environment())
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
