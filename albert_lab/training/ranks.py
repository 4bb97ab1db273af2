"""Several processes at one training, as ``torchrun`` starts them: each computes its share of every batch.

The gradient of a sum is the sum of the gradients. So every process (a *rank*) takes every n-th part of a
batch, the gradients are added up over all of them (all-reduce), and each makes the same step: the weights are
those of one process, to rounding. torch.distributed does the talking: gloo on processors, nccl on GPUs.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from albert_lab.errors import InputError


@dataclass(frozen=True)
class Ranks:
    """Which of how many processes this one is; alone by default, and then nothing here does anything.

    Attributes:
        number: 0 to count - 1. Rank 0 alone writes files.
        count: processes.
    """

    number: int = 0
    count: int = 1

    @property
    def is_first(self) -> bool:
        """Whether this process writes the folder, the log, and what a person reads."""
        return self.number == 0

    def mine(self, parts: Sequence[Any]) -> Sequence[Any]:
        """This process's share of the parts of a batch."""
        return parts[self.number :: self.count]

    def summed(self, tensor: Tensor) -> Tensor:
        """The sum of a tensor over all processes, in every one of them."""
        if self.count > 1:
            dist.all_reduce(tensor)
        return tensor

    def sum_gradients(self, parameters: Sequence[nn.Parameter]) -> None:
        """Give every parameter the sum of its gradients over all processes, in one exchange.

        A parameter that has no gradient in any of them keeps none.
        """
        if self.count == 1:
            return
        there = torch.tensor([float(p.grad is not None) for p in parameters], device=parameters[0].device)
        flat = [(torch.zeros_like(p) if p.grad is None else p.grad).flatten() for p in parameters]
        *sums, there = self.summed(torch.cat([*flat, there])).split([*(len(f) for f in flat), len(there)])
        for parameter, gradient, processes in zip(parameters, sums, there.tolist(), strict=True):
            parameter.grad = gradient.view_as(parameter) if processes else None

    def sum_counts(self, counts: Mapping[str, float]) -> Counter[str]:
        """Sums that the log wants, over all processes; all of them have the same names."""
        if self.count == 1:
            return Counter(counts)
        gathered: list[Any] = [None] * self.count
        dist.all_gather_object(gathered, dict(counts))
        total: Counter[str] = Counter()
        for each in gathered:
            total.update(each)
        return total

    def same(self, value: Any) -> Any:
        """Rank 0's value, in every process."""
        told = [value]
        if self.count > 1:
            dist.broadcast_object_list(told, src=0)
        return told[0]

    @torch.no_grad()
    def share(self, model: nn.Module) -> None:
        """Give every process rank 0's weights."""
        for tensor in model.state_dict().values() if self.count > 1 else ():
            dist.broadcast(tensor, src=0)

    @contextmanager
    def first_goes_first(self) -> Iterator[None]:
        """Rank 0 does what stands here and writes it down; then the others do it, and find it there."""
        if self.count > 1 and not self.is_first:
            dist.barrier()
        yield
        if self.count > 1 and self.is_first:
            dist.barrier()


ALONE = Ranks()


def started_by_torchrun() -> bool:
    """Whether ``torchrun`` started this process, with others."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1 and "RANK" in os.environ


@contextmanager
def joined(device: str | None = None) -> Iterator[tuple[Ranks, str | None]]:
    """This process's place among those that ``torchrun`` started, and its device; alone anywhere else.

    Args:
        device: "cpu", "cuda", or None for a GPU where there is one; each process of a machine takes its own.
    """
    if not started_by_torchrun():
        yield ALONE, device
        return
    on_gpu = device.startswith("cuda") if device else torch.cuda.is_available()
    if on_gpu:
        device = f"cuda:{os.environ['LOCAL_RANK']}"
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if on_gpu else "gloo")
    try:
        yield Ranks(dist.get_rank(), dist.get_world_size()), device
    finally:
        dist.destroy_process_group()


def refuse_torchrun(command: str) -> None:
    """Raise InputError where several processes would all do the same work and write the same files."""
    if started_by_torchrun():
        raise InputError(
            f"{command} runs in one process.",
            expected="torchrun for pretrain and tune only",
            mend=f"albert-lab {command} …",
        )
