from typing import Any, Optional

class Executor:
    def __init__(self, threads: int) -> None: ...
    @property
    def threads(self) -> int: ...

class Compiled:
    @property
    def name(self) -> str: ...
    @property
    def parameters(self) -> list[tuple[str, str, bool, bool]]: ...
    def disassemble(self) -> str: ...

def compile(source: str, file: str, json: bool) -> Compiled: ...
def run(
    kernel: Compiled,
    executor: Executor,
    arguments: list[Any],
    lanes: Optional[int],
    block: Optional[int],
    batch: int,
    step_limit: int,
    time_limit_ms: int,
) -> tuple[int, int]: ...
