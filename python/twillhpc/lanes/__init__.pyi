from os import PathLike
from typing import Any, NamedTuple, Optional, Protocol, SupportsFloat, SupportsIndex, Union

from typing_extensions import Buffer

__all__ = ["Fault", "Kernel", "KernelError", "Launch", "Parameter"]

class _HasDLPack(Protocol):
    def __dlpack__(self, *args: Any, **kwargs: Any) -> Any: ...

_Argument = Union[Buffer, _HasDLPack, SupportsFloat, SupportsIndex]

class KernelError(SyntaxError):
    pointer: str

class Fault(RuntimeError):
    kind: str
    detail: dict[str, int]
    block: Optional[int]
    lane: Optional[int]
    pc: Optional[int]

class Parameter(NamedTuple):
    name: str
    type: str
    is_buffer: bool
    is_written: bool

class Launch(NamedTuple):
    lanes: int
    instructions: int

class Kernel:
    def __init__(self, source: str, *, file: Union[str, PathLike[str], None] = ...) -> None: ...
    @classmethod
    def from_json(cls, source: str, *, file: Union[str, PathLike[str], None] = ...) -> Kernel: ...
    @property
    def name(self) -> str: ...
    @property
    def parameters(self) -> tuple[Parameter, ...]: ...
    def disassemble(self) -> str: ...
    def using(
        self,
        *,
        lanes: Optional[int] = ...,
        block: Optional[int] = ...,
        threads: Optional[int] = ...,
        batch: int = ...,
        step_limit: int = ...,
        time_limit: Optional[float] = ...,
    ) -> Kernel: ...
    def __call__(self, /, *positional: _Argument, **named: _Argument) -> Launch: ...
