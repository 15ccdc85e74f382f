"""Wrong kernels: each is one rule away from a kernel that leaves its zero page unpinned."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from pinlab.model.rules import rules_for


class WrongKernel(NamedTuple):
    """What is changed (a rule and its value) and what that means, in a few words.

    real: whether some release was like that; the others are hypothetical.
    """

    rule: str
    value: str
    text: str
    real: bool = False

    @property
    def rules(self) -> dict[str, object]:
        """The override, as `Kernel` takes it."""
        return {self.rule: self.value}


WRONG_KERNELS: Mapping[str, WrongKernel] = MappingProxyType(
    {
        "unpin-still-counted": WrongKernel(
            "zero_page_unpin", "counted", "pinning a zero page is skipped, unpinning it is not"
        ),
        "pin-still-counted": WrongKernel(
            "zero_page_grab", "counted", "unpinning a zero page is skipped, pinning it is not"
        ),
        "pincount-still-counted": WrongKernel(
            "zero_page_still_counts",
            "pincount",
            "every page has a pincount of its own, and a pin of a zero page changes that alone",
        ),
        "refcount-still-counted": WrongKernel(
            "zero_page_still_counts",
            "refcount",
            "every page has a pincount of its own, and a pin of a zero page leaves that alone and "
            "changes the refcount",
        ),
        "vmstat-still-counted": WrongKernel(
            "zero_page_still_counts",
            "vmstat",
            "a pin of a zero page changes the counters of /proc/vmstat alone",
        ),
        "get-skipped-too": WrongKernel(
            "zero_page_gets", "skipped", "references to a zero page are skipped, too"
        ),
        "zero-page-refused": WrongKernel(
            "zero_page_grab",
            "refused",
            "a pin of a zero page fails with ENOMEM, as in 6.1.130",
            real=True,
        ),
        "huge-zero-skipped-too": WrongKernel(
            "huge_zero_pins", "skipped", "pins of the huge zero folio are skipped, too"
        ),
    }
)
"""By id. Only one of them was ever released; see `pinlab.model.rules.HYPOTHETICAL`."""


def has_patch(release: str) -> bool:
    """Return whether a release leaves its zero page unpinned: 6.5 and later, 6.1 from 6.1.135 on.

    Raises ValueError or TypeError for a release that is none.
    """
    rules = rules_for(release)
    hunks = (rules.zero_page_grab, rules.zero_page_grab_fast, rules.zero_page_unpin)
    return hunks == ("skipped",) * 3
