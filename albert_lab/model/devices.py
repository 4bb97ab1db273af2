"""Where a model runs."""

from __future__ import annotations

import torch

from albert_lab.errors import InputError


def checked_device(device: str | torch.device) -> torch.device:
    """The device of a name, after a number was put there and taken back.

    Raises:
        InputError: there is no such device here.
    """
    try:
        found = torch.device(device)
        torch.zeros(1, device=found).cpu()
    except Exception as error:  # RuntimeError, AssertionError, NotImplementedError, TypeError, ...
        reason = next(iter(str(error).splitlines()), "").partition(". ")[0]
        raise InputError(
            f"The device {str(device)!r:.60} cannot be used: {reason}",
            expected="cpu, or cuda where torch finds a GPU",
        ) from error
    return found
