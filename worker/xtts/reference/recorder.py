"""Keeps tensors by name, also those that pass between the layers of a module."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch


class Recorder:
    """Named tensors; with `keep`, only those named there, cut to the given length of their last axis."""

    def __init__(self, keep: dict[str, int | None] | None = None) -> None:
        self.tensors: dict[str, torch.Tensor] = {}
        self.keep = keep

    def put(self, name: str, tensor: torch.Tensor) -> None:
        """Keep a copy of a tensor."""
        if self.keep and name not in self.keep:
            return
        if self.keep and self.keep[name]:
            tensor = tensor[..., : self.keep[name]]
        self.tensors[name] = tensor.detach().clone().contiguous().cpu()

    def put_all(self, prefix: str, tensors: dict[str, torch.Tensor]) -> None:
        """Keep copies of several tensors under a common prefix."""
        for name, tensor in tensors.items():
            self.put(prefix + name, tensor)

    @contextmanager
    def outputs(self, modules: dict[str, torch.nn.Module]) -> Iterator[None]:
        """Keep what the modules return while the block runs; a module's first output only."""
        handles = [module.register_forward_hook(self._hook(name)) for name, module in modules.items()]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def _hook(self, name: str) -> Callable:
        def record(_module: torch.nn.Module, _inputs: tuple, output: torch.Tensor | tuple) -> None:
            if name not in self.tensors:
                self.put(name, output[0] if isinstance(output, tuple) else output)

        return record
