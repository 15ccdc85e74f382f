"""The handout: the mail's turns on one page of A4, the verdicts beyond a line to fold along."""

from __future__ import annotations

from html import escape

from pinlab.words.thread import MAIL, Turn, turns

LETTERS = "RCWN"
"""Right, with a condition, wrong, no claim."""

STYLE = """
@page { size: A4; margin: 9mm 10mm; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 190mm; font-family: sans-serif; font-size: 7.9pt;
  line-height: 1.22; color: #222222; background: white; }
h1 { margin: 0; font-size: 14pt; color: #332288; }
p { margin: 1mm 0; }
table { width: 100%; border-collapse: collapse; table-layout: fixed; }
th, td { padding: 0.75mm 1.2mm; text-align: left; vertical-align: top;
  border-bottom: 0.2mm solid #999999; }
th { font-size: 7.2pt; vertical-align: bottom; }
.number { width: 6mm; font-weight: bold; } .who { width: 19mm; } .yours { width: 15mm; }
.ours { width: 56mm; border-left: 0.4mm dashed #333333; padding-left: 2mm; font-size: 7.4pt; }
.claim { color: #444444; }
.boxes { letter-spacing: 0.2mm; white-space: nowrap; }
"""


def handout() -> str:
    """Return the page as HTML: the turns of the mail from data/thread.csv."""
    mail = turns(MAIL)
    sent = mail[-1]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>Read the thread: handout</title><style>{STYLE}</style></head><body>\n"
        f"<h1>Read the thread: {len(mail)} turns of one mail</h1>\n"
        f"<p>{escape(sent.speaker)}, {sent.date.day} {sent.date:%B %Y}, {escape(sent.message)}, "
        "and what it quotes. n → m: turn n answers turn m. Is it right (R), right with a "
        "condition (C: write it down), wrong (W), or no claim (N)?</p>\n"
        '<table><thead><tr><th class="number">Turn</th><th class="who">Who, to which turn</th>'
        '<th>Words, <span class="claim">and the claim in ours</span></th>'
        '<th class="yours">Your verdict</th>'
        '<th class="ours">Fold along this line. Verdict, and why</th></tr></thead>\n<tbody>\n'
        + "\n".join(map(_row, mail))
        + "\n</tbody></table>\n</body></html>\n"
    )


def _row(turn: Turn) -> str:
    boxes = " ".join(LETTERS)
    return (
        f'<tr><td class="number">{turn.number}</td><td>{turn.surname}<br>→ {turn.answers}</td>'
        f'<td>“{escape(turn.words)}”<br><span class="claim">{escape(turn.claim)}.</span></td>'
        f'<td class="boxes">{boxes}</td>'
        f'<td class="ours"><b>{turn.verdict.capitalize()}.</b> {escape(turn.condition)}</td></tr>'
    )
