"""The right answers of lesson 10, worked out by hand from what each wrong kernel does."""

from pinlab import words


def bullet(
    verb: str, page: str, refused: bool, before: tuple[int, int | None],
    after: tuple[int, int | None],
) -> bool:  # fmt: skip
    """The landed sentence: a pin is not refused, and neither it nor an unpin changes anything."""
    if page != "zero page" or verb in ("get", "put"):
        return True
    return before == after and not (verb == "pin" and refused)


ADEQUATE = words.sentence(
    words.clause("pin or unpin", "zero page", "any counter", "not by this call"),
    words.clause("pin", "zero page", "success", "always"),
    words.clause("put", "zero page", "refcount", "always"),
    words.clause("unpin", "huge zero folio", "pincount", "always"),
)

RIGHT: dict[str, object] = {
    "true-enough": "Linux 6.5 obeys it",
    # A reference, and a pin that returns the page.
    "two-readings": len(["get", "pin"]),
    "obeys": bullet,
    "adequate": ADEQUATE,
    # The 1 of its own, 3 references, and one unpin that still counts.
    "refcount-left": 1 + 3 - 1024,
    # The sentence is the reviewer's. Nothing is returned where a pin is refused; of a pincount and
    # of references it says nothing.
    "who-slips": {"pincount-still-counted", "get-skipped-too", "zero-page-refused"},
    # 3 -> 1027 at the pin, and the unpin is not counted.
    "which-kernel": "pin-still-counted",
}
