"""The kit of every notebook: exercises that answer back, and pictures of any machine.

    check(id, answer, seed)         is it right? hint(id, level), mistakes(id), solution(id)
    given(id, seed)                 what an exercise asks, or hands out
    problems(lesson, seed)          a worksheet of fresh problems, with its key
    draw_map(kernel)                page tables, frames with their counters, devices
    odometer(pins, references)      a refcount, digit by digit
    step_through(story)             the map before and after each step, and the trace
    side_by_side(story, kernels)    the same on two to four machines
    draw_states(scenario, release)  every state of a scenario, and each step between two of them
    walk_the_states(litmus test)    one way through them, with the map
    three_columns(claims)           predicted, recorded, and on your kernel
    Picture, Drawing                what is shown: with alt text, and the same in words

What only one lesson shows is in its module: `from pinlab.lessons import count_to_two_million`.
"""

from pinlab.lab.columns import three_columns
from pinlab.lab.concepts import concept_map
from pinlab.lab.counterpart import in_the_model
from pinlab.lab.figures.buffers import never_written, three_buffers, touched_filmstrip
from pinlab.lab.figures.folio import draw_folios
from pinlab.lab.figures.orders import pins_by_order
from pinlab.lab.figures.rule_sets import draw_rule_sets
from pinlab.lab.figures.verdicts import draw_verdicts
from pinlab.lab.map import draw_map
from pinlab.lab.odometer import odometer
from pinlab.lab.picture import Drawing, Picture
from pinlab.lab.problems import check, given, hint, mistakes, problems, solution
from pinlab.lab.readers import huge_zero_readers
from pinlab.lab.states import draw_states, walk_the_states
from pinlab.lab.walk import side_by_side, step_through
from pinlab.lab.widgets.folio import pin_a_folio
from pinlab.lab.widgets.touched import touched_pages
from pinlab.lab.widgets.watch import watch

__all__ = [
    "Drawing",
    "Picture",
    "check",
    "concept_map",
    "draw_folios",
    "draw_map",
    "draw_rule_sets",
    "draw_states",
    "draw_verdicts",
    "given",
    "hint",
    "huge_zero_readers",
    "in_the_model",
    "mistakes",
    "never_written",
    "odometer",
    "pin_a_folio",
    "pins_by_order",
    "problems",
    "side_by_side",
    "solution",
    "step_through",
    "three_buffers",
    "three_columns",
    "touched_filmstrip",
    "touched_pages",
    "walk_the_states",
    "watch",
]
