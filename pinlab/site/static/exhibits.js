// What moves on the site. pinlab/site/moving.py has written for each cell what there is to show:
// all positions of an exhibit, and what is said to each answer. Nothing is worked out here.
(() => {
const views = {/* views */}; // the front ends of the exhibits, as they are in a notebook
const { made } = views.player;

const AHEAD = "600px"; // so far below what is seen an exhibit is put in, so that nothing jumps

/** What a front end asks for its values, and tells of changes. */
class Model {
  #told;
  #heard = [];

  constructor(told) { this.#told = told; }

  get(name) { return this.#told[name]; }

  set(name, value) {
    if (this.#told[name] === value) return;
    this.#told[name] = value;
    for (const [event, listener] of this.#heard) {
      if (event === "change" || event === `change:${name}`) listener();
    }
  }

  on(event, listener) { this.#heard.push([event, listener]); }

  off() {} // what is shown stays

  save_changes() {}
}

/** An exhibit: its controls, and what they move. */
function exhibit(told, value) {
  const at = told.controls.map((control) => control.at);
  const box = made("div", { className: "pinlab-exhibit" });
  const models = [];

  // The last control is the one that goes through its places first.
  function show() {
    const place = told.controls.reduce((sum, { names }, n) => sum * names.length + at[n], 0);
    for (const [n, name, numbers] of told.moves) models[n].set(name, value(numbers[place]));
  }

  function control({ kind, label, names }, n) {
    const moved = (place) => { at[n] = place; show(); };
    return controls[kind](label, names, at[n], moved);
  }

  const bar = told.controls.map(control);
  if (bar.length) box.append(made("div", { className: "pinlab-controls" }, ...bar));
  for (const { view, told: numbers } of told.views) {
    const named = Object.entries(numbers).map(([name, number]) => [name, value(number)]);
    const el = made("div");
    models.push(new Model(Object.fromEntries(named)));
    views[view].render({ model: models.at(-1), el });
    box.append(el);
  }
  return box;
}

const controls = {
  track(label, names, at, moved) {
    const model = new Model({ label, told: names, value: at, max: names.length - 1 });
    const el = made("span", { className: "pinlab-track" });
    const number = made("span", { textContent: names[at], aria: { "aria-hidden": "true" } });
    views.track.render({ model, el });
    model.on("change:value", () => {
      number.textContent = names[model.get("value")];
      moved(model.get("value"));
    });
    return made("div", {}, made("span", {}, `${label} `, number), el);
  },

  menu(label, names, at, moved) {
    const select = made("select", {}, ...names.map((name) => made("option", {}, name)));
    select.selectedIndex = at;
    select.onchange = () => moved(select.selectedIndex);
    return made("label", {}, `${label} `, select);
  },

  radio(label, names, at, moved) {
    const group = `pinlab-${document.querySelectorAll("fieldset").length}-${label}`;
    const choices = names.map((name, place) => {
      const input = made("input", { type: "radio", name: group, checked: place === at });
      input.onchange = () => moved(place);
      return made("label", {}, input, name);
    });
    return made("fieldset", {}, made("legend", {}, label), ...choices);
  },

  tick(label, names, at, moved) {
    const input = made("input", { type: "checkbox", checked: at === 1 });
    input.onchange = () => moved(Number(input.checked));
    return made("label", {}, input, label);
  },
};

/** A question: its form, and what is said to the answer that is in it. */
function question(told, settled, press) {
  const { inside, places } = forms[told.kind](told, settled);
  const legend = made("legend", { className: "pinlab-unseen" }, "your answer");
  const form = made("form", {}, made("fieldset", { className: told.kind }, legend, ...inside));
  if (press && told.kind !== "buttons") form.append(made("button", {}, press));
  form.onsubmit = (event) => { event.preventDefault(); settled(); };
  form.onkeydown = (event) => {
    if (event.key !== "Enter" || event.target.type !== "number") return;
    event.preventDefault(); // a form with several boxes and no button would not hear it
    form.requestSubmit();
  };

  // A number that nothing of its own is said to is said in the place of the one that was tried.
  function said() {
    const reply = told.replies[places().join()] ?? "";
    return inside.reduce((html, { lastChild }, n) => (
      places()[n] > told.known[n].length && told.kind === "boxes"
        ? html.replaceAll(told.others[n], lastChild.value) : html), reply);
  }

  const answered = () => told.kind !== "ticks" && places().length > 0 && (
    told.kind === "buttons" || !places().includes(0));
  return { form, said, answered, key: () => places().join() };
}

const forms = {
  buttons({ names }, settled) {
    const chosen = [];
    const inside = names.map((name, place) => {
      const button = made("button", { type: "button" }, name);
      button.onclick = () => {
        inside.forEach((one) => one.setAttribute("aria-pressed", String(one === button)));
        chosen.splice(0, 1, place);
        settled();
      };
      return button;
    });
    return { inside, places: () => chosen };
  },

  ticks({ names }) {
    const inside = names.map((name) => made("label", {}, made("input", { type: "checkbox" }), name));
    return { inside, places: () => inside.map((one) => Number(one.firstChild.checked)) };
  },

  boxes({ names, known, low, high }) {
    const inside = names.map((name) => {
      const box = made("input", { type: "number", min: low ?? "", max: high ?? "" });
      return made("label", {}, `${name} `, box);
    });
    const places = () => inside.map(({ lastChild: { value, valueAsNumber: number } }, n) => {
      if (value === "") return 0;
      const place = known[n].indexOf(Number.isSafeInteger(number) ? String(number) : value);
      return 1 + (place < 0 ? known[n].length : place);
    });
    return { inside, places };
  },
};

/** What is covered until there is a guess, or a press; what was said stays above it. */
function covered(told, questions, host, value) {
  const words = made("div", { aria: { role: "status" } });
  const sight = made("div");
  const stored = made("div", {}, ...[...host.querySelector("details").childNodes].slice(1));
  const button = made("button", { type: "button", onclick: uncover }, told.press);
  let open = false;

  function uncover() {
    if (!questions.every(({ form }) => form.reportValidity())) return;
    if (!open && told.exhibit) stored.querySelector("img").replaceWith(exhibit(told.exhibit, value));
    open = true;
    words.innerHTML = questions.map(({ said }) => said()).join("") || "<p>Shown without a guess.</p>";
    const drawn = told.drawn[questions[0].key()];
    if (drawn === undefined) sight.replaceChildren(stored);
    else sight.innerHTML = value(drawn);
  }

  const settled = () => (open || questions.every(({ answered }) => answered())) && uncover();
  return { inside: [button, words, sight], settled };
}

/** Put what moves in a cell in the place of what is stored of it. */
function fill(cell, values, parts) {
  const unpacked = new Map();
  function value(number) {
    const packed = values[number];
    if (!Array.isArray(packed)) return packed;
    const part = ([name, place]) => [name, values[place]];
    const step = (one) => Object.fromEntries(Object.entries(one).map(part));
    if (!unpacked.has(number)) unpacked.set(number, packed.map(step));
    return unpacked.get(number);
  }

  const questions = [];
  let cover;
  for (const host of document.querySelectorAll(`[data-cell="${cell}"]`)) {
    const told = parts[host.dataset.part];
    if (told.exhibit !== undefined && !told.press) {
      host.replaceChildren(exhibit(told.exhibit, value));
    } else if (told.check) {
      const words = made("div", { aria: { role: "status" } });
      const asked = question(told.asked, () => {
        if (asked.form.reportValidity()) words.innerHTML = asked.said();
      }, told.check);
      host.replaceChildren(asked.form, words);
    } else if (told.asked) {
      questions.push(question(told.asked, () => cover.settled()));
      host.replaceChildren(questions.at(-1).form);
    } else {
      cover = covered(told, questions, host, value);
      host.replaceChildren(...cover.inside);
    }
  }
}

// The files are scripts, since a page that is opened from a disk may load nothing else.
const folder = new URL("exhibits/", document.currentScript.src);
const loaded = new Set();
window.pinlab = fill;

function load(entries, observer) {
  for (const { isIntersecting, target } of entries) {
    const { cell } = target.dataset;
    if (!isIntersecting || loaded.has(cell)) continue;
    observer.unobserve(target);
    loaded.add(cell);
    document.head.append(made("script", { src: new URL(`${cell}.js`, folder).href }));
  }
}

const observer = new IntersectionObserver(load, { rootMargin: AHEAD });
function watch() {
  document.querySelectorAll("[data-cell]").forEach((one) => observer.observe(one));
  if (location.protocol !== "file:") return;
  // From a disk no lesson runs, and the link would show nothing: the first page says what it takes.
  document.querySelectorAll('a[href^="try/"]').forEach((one) => { one.href = "index.html"; });
}
if (document.readyState === "loading") addEventListener("DOMContentLoaded", watch);
else watch();
})();
