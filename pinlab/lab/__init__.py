"""The kit of every notebook: exercises that answer back, and pictures of any machine.

    check(id, answer, seed)         is it right? hint(id, level), answer(id, seed), mistakes(id)
    task(id, mine)                  something to make, with many right answers, judged by the model
    ask(id, seed)                   an exercise as something to click; earlier(lesson, seed): two
    predict(..., then=...)          what is to be seen is covered until there is a Guess, or a press
    given(id, seed)                 what an exercise asks, or hands out
    problems(lesson, seed)          a worksheet of fresh problems, with its key
    draw_map(kernel)                page tables, frames with their counters, devices
    odometer(pins, references)      a refcount, digit by digit, while a button pins
    step_through(story)             a story on one stage: played, or step by step
    side_by_side(story, kernels)    the same on two to four machines
    draw_states(scenario, release)  every state of a scenario, and each step between two of them
    walk_the_states(litmus test)    the same, where the reader says whose step is next
    pins_by_buffer(answer)          what a machine answered, as bars; in_the_model(answer) beside it
    three_columns(claims)           predicted, recorded, and on your kernel
    claims(table, words)            a table in which the cells with these words are set off
    timeline(tracks, at)            which rule holds in which release
    c(name)                         a rule in C; compare_c(name, mine): held against the model
    Picture, Drawing                what is shown: with alt text, and the same in words

What only one lesson shows is in its module: `from pinlab.lessons import count_to_two_million`.
"""

from pinlab.lab.agreement import compare_c
from pinlab.lab.answers import in_the_model, pins_by_buffer
from pinlab.lab.ask import Guess, ask, earlier, predict
from pinlab.lab.claims import claims
from pinlab.lab.columns import three_columns
from pinlab.lab.concepts import concept_map
from pinlab.lab.excerpt import c
from pinlab.lab.map import draw_map
from pinlab.lab.odometer import odometer
from pinlab.lab.picture import Drawing, Picture
from pinlab.lab.problems import answer, check, given, hint, mistakes, problems, solution, task
from pinlab.lab.scheduler import walk_the_states
from pinlab.lab.states import draw_states
from pinlab.lab.timeline import timeline
from pinlab.lab.walk import side_by_side, step_through

__all__ = [
    "Drawing",
    "Guess",
    "Picture",
    "answer",
    "ask",
    "c",
    "check",
    "claims",
    "compare_c",
    "concept_map",
    "draw_map",
    "draw_states",
    "earlier",
    "given",
    "hint",
    "in_the_model",
    "mistakes",
    "odometer",
    "pins_by_buffer",
    "predict",
    "problems",
    "side_by_side",
    "solution",
    "step_through",
    "task",
    "three_columns",
    "timeline",
    "walk_the_states",
]
