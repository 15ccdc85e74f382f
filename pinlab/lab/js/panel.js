// A panel: HTML that Python made, and a line that is announced. The press of a button with
// data-press goes to Python, which answers with the next HTML. A button with data-hold repeats
// while it is held down, until something with data-stop is shown; between cells with
// data-at="row,column" lead the arrow keys.

const FIRST = 400, NEXT = 90; // milliseconds until a button repeats, and from one time to the next
const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

function render({ model, el }) {
  el.classList.add("pinlab-panel");
  // A key is ours: on its way on, JupyterLab would take an arrow for one to another cell.
  el.addEventListener("keydown", (event) => event.stopPropagation());
  const [above, said, below] = ["div", "p", "div"].map((kind) =>
    el.appendChild(document.createElement(kind)));
  said.setAttribute("role", "status"); // the same node for good: a new one is not announced
  let waiting = false; // for an answer
  let timer = 0;

  const find = (name, value) => el.querySelector(`[data-${name}="${CSS.escape(value)}"]`);

  function fill(part, html) {
    if (part.filled !== html) part.innerHTML = part.filled = html;
    keepHeight(part);
  }

  // What is below never moves up.
  function keepHeight(part) {
    part.style.minHeight = `${Math.ceil(part.getBoundingClientRect().height)}px`;
  }

  function show() {
    const focused = el.getRootNode().activeElement;
    const press = el.contains(focused) ? focused.dataset.press : undefined;
    fill(above, model.get("above"));
    fill(below, model.get("below"));
    if (said.textContent !== model.get("said")) said.textContent = model.get("said");
    keepHeight(said);
    if (press !== undefined && !focused.isConnected) {
      find("press", press)?.focus({ preventScroll: true });
    }
    stopAt(find("press", press ?? "") ?? el.querySelector("[data-at]"));
    waiting = false;
  }

  // One cell of a grid is a stop of the Tab key.
  function stopAt(cell) {
    if (!cell?.dataset.at) cell = el.querySelector('[data-at][tabindex="0"], [data-at]');
    for (const other of el.querySelectorAll("[data-at]")) other.tabIndex = other === cell ? 0 : -1;
  }

  function press(button) {
    waiting = true;
    model.send({ press: button.dataset.press });
  }

  function hold(button) {
    release();
    press(button);
    const again = () => {
      if (el.querySelector("[data-stop]")) return; // something happened that is to be seen
      if (!waiting) press(button);
      timer = setTimeout(again, NEXT);
    };
    timer = setTimeout(again, FIRST);
  }

  const release = () => clearTimeout(timer);
  const under = (event, what) => event.target.closest(what);

  function down(event) {
    const button = under(event, "[data-hold]");
    if (button && event.button === 0) hold(button);
  }

  function click(event) {
    const button = under(event, "[data-press]");
    // A pointer has pressed what repeats already; what has none, such as a screen reader, clicks.
    if (button && !(button.matches("[data-hold]") && event.detail)) press(button);
  }

  function key(event) {
    const button = under(event, "[data-hold]");
    if (button && (event.key === " " || event.key === "Enter")) {
      event.preventDefault(); // no click follows; the keyboard repeats by itself
      const drop = event.repeat && (waiting || el.querySelector("[data-stop]"));
      if (event.type === "keydown" && !drop) press(button);
    }
    const step = ARROWS[event.key], cell = under(event, "[data-at]");
    if (!step || !cell || event.type !== "keydown") return;
    event.preventDefault();
    const next = find("at", cell.dataset.at.split(",").map((n, i) => Number(n) + step[i]).join());
    if (!next) return;
    next.focus();
    stopAt(next);
  }

  const listeners = { pointerdown: down, click, keydown: key, keyup: key };
  for (const [name, heard] of Object.entries(listeners)) el.addEventListener(name, heard);
  const ends = ["pointerup", "pointercancel", "blur"];
  for (const name of ends) window.addEventListener(name, release);
  model.on("change:turn", show);
  show();
  return () => {
    release();
    model.off("change:turn", show);
    for (const name of ends) window.removeEventListener(name, release);
  };
}

export default { render };
