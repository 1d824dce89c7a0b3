from contextlib import AbstractContextManager

__all__ = ["num_threads", "set_num_threads"]
__version__: str

def set_num_threads(n: int) -> None: ...
def num_threads(n: int) -> AbstractContextManager[None]: ...
