// Pages that are touched with a brush, the frames that they point to, and how much RAM that takes.

const NONE = 0, ZERO = 1, OWN = 2; // what an entry points to; own frames from OWN on
const ACROSS = 8, PAGES = 64, PAGE_KB = 4;
const PAGE = 34, FRAME = 24; // from one square to the next, in units of the drawing
const GRID = { x: 8, y: 26, high: ACROSS * PAGE + 34 };
const RAM = { x: 392, y: 102 };
const STEPS = { ArrowUp: -ACROSS, ArrowDown: ACROSS, ArrowLeft: -1, ArrowRight: 1 };
const MOVE = { duration: 300, easing: "ease-out" };

const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Put an element together, of HTML or, with `svg`, of a drawing. */
function made(tag, attributes = {}, inside = "", svg = false) {
  const space = svg ? "http://www.w3.org/2000/svg" : "http://www.w3.org/1999/xhtml";
  const element = document.createElementNS(space, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...[inside].flat());
  return element;
}
const drawn = (tag, attributes, inside) => made(tag, attributes, inside, true);

const corner = (n, size) => ({ x: (n % ACROSS) * size, y: Math.floor(n / ACROSS) * size });
const pageAt = (process, page) => {
  const { x, y } = corner(page, PAGE);
  return { x: GRID.x + x, y: GRID.y + process * GRID.high + y };
};
const frameAt = (frame) => {
  const { x, y } = corner(frame - OWN, FRAME);
  return { x: RAM.x + x, y: RAM.y + y };
};

function render({ model, el }) {
  const brushes = ["read", "write"].map((name) => made("button", { type: "button" }, name));
  const button = (words) => made("button", { type: "button" }, words);
  const all = button("all pages"), more = button(""), again = button("start again");
  const bar = made("div", { class: "controls", role: "group", "aria-label": "brush" },
    ["Brush:", ...brushes, all, more, again]);
  const picture = made("div", { class: "picture" });
  const words = made("p", { role: "status" });
  let write = false;
  let cells = []; // by process, by page
  let lines = [], frames = [], counter, shown;
  let painted = null; // the pages of this stroke

  function choose(brush) {
    write = brush === 1;
    brushes.forEach((one, n) => one.setAttribute("aria-pressed", String(n === brush)));
  }

  const processes = () => model.get("entries").length;
  const send = (process, pages) => model.send({ process, pages, write });

  // The drawing, with everything that there may be.
  function build() {
    const names = model.get("names"), high = GRID.y + names.length * GRID.high;
    const over = drawn("g", { class: "lines" });
    const parts = [];
    const text = (x, y, words) => drawn("text", { x, y }, words);
    cells = names.map((name, process) => {
      parts.push(text(GRID.x, GRID.y + process * GRID.high - 8, `pages of ${name}`));
      const squares = Array.from({ length: PAGES }, (_, page) => drawn("rect", {
        ...pageAt(process, page), width: PAGE - 3, height: PAGE - 3, rx: 2, role: "button",
        tabindex: page ? -1 : 0, "data-process": process, "data-page": page }));
      parts.push(drawn("g", { role: "group", "aria-label": `pages of ${name}` }, squares));
      return squares;
    });
    const square = { width: FRAME - 3, height: FRAME - 3, rx: 2, class: "free" };
    frames = Array.from({ length: names.length * PAGES }, (_, n) =>
      drawn("rect", { ...frameAt(OWN + n), ...square }));
    const [width, height] = [ACROSS * FRAME - 3, 36];
    const zero = { x: RAM.x, y: GRID.y, width, height, rx: 2, class: "zero" };
    counter = text(RAM.x, RAM.y - 10, "");
    const about = text(RAM.x + 10, GRID.y + 23, "the zero page");
    parts.push(over, drawn("rect", zero), about, counter, ...frames);
    lines = cells.map((squares) => squares.map(() => over.appendChild(drawn("path", {}))));
    const size = { viewBox: `0 0 592 ${high}`, role: "group", "aria-label": "pages and frames" };
    picture.replaceChildren(drawn("svg", size, parts));
    shown = cells.map(() => Array(PAGES).fill(NONE));
    more.textContent = `start with ${names.length > 1 ? "one process" : "two processes"}`;
  }

  function connect(process, page, entry) {
    const cell = cells[process][page], line = lines[process][page];
    const from = pageAt(process, page);
    const to = entry === ZERO ? { x: RAM.x, y: GRID.y + 18 } : frameAt(entry);
    const [x0, y0] = [from.x + PAGE / 2, from.y + PAGE / 2];
    const [x1, y1] = [to.x, to.y + (entry === ZERO ? 0 : FRAME / 2 - 2)];
    const bend = (x1 - x0) * 0.6;
    const way = `M${x0} ${y0}C${x0 + bend} ${y0} ${x1 - bend} ${y1} ${x1} ${y1}`;
    line.setAttribute("d", entry === NONE ? "" : way);
    const kind = ["empty", "zero"][entry] ?? "own";
    cell.setAttribute("class", kind);
    const where = { empty: "empty", zero: "points to the zero page", own: "has a frame of its own" };
    cell.setAttribute("aria-label", `page ${page}: ${where[kind]}`);
    if (entry >= OWN) frames[entry - OWN].setAttribute("class", "own");
    if (entry === NONE || still()) return;
    const long = line.getTotalLength();
    line.animate([{ strokeDasharray: `0 ${long}` }, { strokeDasharray: `${long} 0` }], MOVE);
    if (entry >= OWN) {
      frames[entry - OWN].animate([{ transform: "scale(0)" }, { transform: "scale(1)" }], MOVE);
    }
  }

  function show() {
    const entries = model.get("entries");
    const begun = entries.length !== cells.length
      || entries.some((row, n) => row.some((entry, page) => shown[n][page] > entry));
    if (begun) build(); // an entry never goes back, except at a new beginning
    entries.forEach((row, process) => row.forEach((entry, page) => {
      if (begun || shown[process][page] !== entry) connect(process, page, entry);
      shown[process][page] = entry;
    }));
    const own = entries.flat().filter((entry) => entry >= OWN).length;
    counter.textContent = `RAM: ${own * PAGE_KB} kB of ${entries.length * PAGES * PAGE_KB} kB`;
    words.textContent = model.get("said");
  }

  const found = (x, y) => el.getRootNode().elementFromPoint(x, y)?.closest?.("[data-page]");

  function paint(cell) {
    if (!cell || !el.contains(cell) || painted.has(cell)) return;
    painted.add(cell);
    stop(cell);
    send(Number(cell.dataset.process), [Number(cell.dataset.page)]);
  }

  // One page of a process is a stop of the Tab key.
  function stop(cell) {
    for (const other of cells[cell.dataset.process]) other.setAttribute("tabindex", -1);
    cell.setAttribute("tabindex", 0);
    cell.focus({ preventScroll: true });
  }

  picture.onpointerdown = (event) => {
    const cell = event.target.closest("[data-page]");
    if (!cell || event.button) return;
    event.preventDefault();
    painted = new Set();
    paint(cell);
  };
  const drag = (event) => painted && paint(found(event.clientX, event.clientY));
  const end = () => { painted = null; };

  picture.onkeydown = (event) => {
    const cell = event.target.closest("[data-page]"), step = STEPS[event.key];
    if (!cell) return;
    const page = Number(cell.dataset.page);
    if (event.key === " " || event.key === "Enter") send(Number(cell.dataset.process), [page]);
    else if (!step) return;
    else {
      const across = (page % ACROSS) + (Math.abs(step) === 1 ? step : 0);
      const next = cells[cell.dataset.process][page + step];
      if (next && across >= 0 && across < ACROSS) stop(next);
    }
    event.preventDefault();
  };
  // A screen reader clicks; a pointer has painted already.
  picture.onclick = (event) => {
    const cell = event.target.closest("[data-page]");
    if (cell && !event.detail) send(Number(cell.dataset.process), [Number(cell.dataset.page)]);
  };

  brushes.forEach((one, n) => { one.onclick = () => choose(n); });
  all.onclick = () => send(null, [...Array(PAGES).keys()]);
  more.onclick = () => model.send({ processes: 3 - processes() });
  again.onclick = () => model.send({ processes: processes() });
  window.addEventListener("pointermove", drag);
  window.addEventListener("pointerup", end);
  model.on("change:entries change:said", show);
  el.classList.add("pinlab-brush");
  // A key is ours: on its way on, JupyterLab would take an arrow for one to another cell.
  el.addEventListener("keydown", (event) => event.stopPropagation());
  el.append(bar, picture, words);
  choose(0);
  show();
  return () => {
    window.removeEventListener("pointermove", drag);
    window.removeEventListener("pointerup", end);
    model.off("change:entries change:said", show);
  };
}

export default { render };
