from typing import Literal, Optional

from .core import DirichletMixture as DirichletMixture

__all__ = ["DirichletMixture"]
__version__: str

def set_compat(mode: Optional[Literal["peer", "exact"]]) -> None: ...
