"""A widget in a page of its own: its JavaScript and its Python, without a notebook between them."""

import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from anywidget import AnyWidget
from playwright.sync_api import Browser, Page

PAGE = """<!doctype html><html lang="en"><title>a widget</title>
<style>body { font: 14px sans-serif; } STYLE</style>
<main></main>
<script type="module">
import widget from "data:text/javascript;base64,MODULE";
let state = STATE;
const heard = new Map();
function take(now) {
    const before = state;
    state = now;
    for (const [events, listener] of heard.values()) {
        const changed = events.split(" ").some((event) => {
            const name = event.replace("change:", "");
            return JSON.stringify(before[name]) !== JSON.stringify(now[name]);
        });
        if (changed) listener();
    }
}
const model = {
    get: (name) => state[name],
    set: (name, value) => take({ ...state, [name]: value }),
    save_changes: () => python("state", state),
    send: async (sent) => take(await python("message", sent)),
    on: (events, listener) => heard.set(listener, [events, listener]),
    off: (events, listener) => heard.delete(listener),
};
const el = document.querySelector("main");
document.addEventListener("keydown", ({ key, target }) => {
    if (el.contains(target)) throw Error(`a front end would take the key ${key} for its own`);
});
widget.render({ model, el });
</script></html>"""


@contextmanager
def mounted(browser: Browser, widget: AnyWidget, **settings: Any) -> Iterator[Page]:  # noqa: ANN401
    """A page that shows a widget; what it raises is raised here at the end."""
    names = [name for name in widget.keys if not name.startswith("_")]
    model = {name for name in names if name not in ("layout", "tabbable", "tooltip")}

    def state() -> dict[str, Any]:
        return {name: getattr(widget, name) for name in model}

    def python(kind: str, sent: dict[str, Any]) -> dict[str, Any]:
        if kind == "message":
            widget._handle_custom_msg(sent, [])
        else:
            widget.set_state(sent)
        return state()

    module, style = widget._esm, widget._css
    html = PAGE.replace("MODULE", b64encode(str(module).encode()).decode())
    html = html.replace("STYLE", str(style)).replace("STATE", json.dumps(state()))
    page = browser.new_page(**settings)
    raised: list[str] = []
    page.on("pageerror", lambda error: raised.append(str(error)))
    page.expose_function("python", python)
    try:
        page.set_content(html)
        page.wait_for_selector("[role=status]")
        yield page
        assert raised == []
    finally:
        page.close()
