// Plays the steps of a story: the same thing has the same data-key in the map of each step.

const MOVE = 300; // milliseconds
const HOLD = 1600; // how long a step stands while the story is played

const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Put an element together: its tag, its properties and attributes, and what is inside. */
function made(tag, properties = {}, ...inside) {
  const { aria = {}, ...others } = properties;
  const element = Object.assign(document.createElement(tag), others);
  for (const [name, value] of Object.entries(aria)) element.setAttribute(name, value);
  element.append(...inside);
  return element;
}

const keyed = (svg) =>
  new Map([...svg.querySelectorAll("[data-key]")].map((one) => [one.dataset.key, one]));

/** Let lines move to their new ends, copies come out of what they copy, and new things appear. */
function move(before, after) {
  const old = keyed(before);
  const timing = { duration: MOVE, easing: "ease-in-out" };
  for (const [key, thing] of keyed(after)) {
    const was = old.get(key);
    if (was) {
      const lines = [...was.querySelectorAll("path")];
      thing.querySelectorAll("path").forEach((line, n) => {
        const [from, to] = [lines[n]?.getAttribute("d"), line.getAttribute("d")];
        const ends = [from, to].map((d) => ({ d: `path("${d}")` }));
        if (from && from !== to) line.animate(ends, timing);
      });
      continue;
    }
    const source = old.get(thing.dataset.from);
    if (source) {
      const [from, to] = [source, thing].map((one) => one.querySelector("rect")); // its box
      const by = ["x", "y"].map((axis) => `${from[axis].baseVal.value - to[axis].baseVal.value}px`);
      const away = `translate(${by})`;
      thing.animate([{ transform: away, opacity: 0.4 }, { transform: "none", opacity: 1 }], timing);
    } else {
      thing.animate([{ opacity: 0 }, { opacity: 1 }], timing);
    }
  }
}

/** Fill an element with one of several texts, as high as the highest of them needs. */
function reserved(element, texts) {
  const live = made("span", { className: "now" });
  const sizers = [...new Set(texts)].map((text) =>
    made("span", { textContent: text, aria: { "aria-hidden": "true" } }));
  element.replaceChildren(live, ...sizers);
  return live;
}

function render({ model, el }) {
  const picture = made("div", { className: "picture" });
  const words = made("p", { className: "reserved", aria: { role: "status" } });
  const [code, trace] = ["code of this step", "trace"].map((name) => {
    const aria = { role: "group", "aria-label": name };
    return made("pre", { className: "reserved", tabIndex: 0, aria });
  });
  const button = (label, act) =>
    made("button", { type: "button", textContent: label, onclick: act });
  const back = button("Back", () => pause(go(model.get("at") - 1)));
  const play = button("Play", () => (timer ? pause() : start()));
  const step = button("Step", () => pause(go(model.get("at") + 1)));
  const slider = made("input", { type: "range", min: 0, step: 1, aria: { "aria-label": "step" } });
  const number = made("span", { className: "number", aria: { "aria-hidden": "true" } });
  const controls = made("div", { className: "controls" }, back, play, step, slider, number);
  let shown = -1;
  let timer = 0;
  let texts = {};

  function go(at) {
    model.set("at", Math.max(0, Math.min(at, model.get("steps").length - 1)));
    model.save_changes();
  }

  function pause() {
    clearInterval(timer);
    timer = 0;
    play.textContent = "Play";
  }

  function start() {
    const last = model.get("steps").length - 1;
    if (model.get("at") === last) go(0);
    play.textContent = "Pause";
    timer = setInterval(() => {
      go(model.get("at") + 1);
      if (model.get("at") === last) pause();
    }, HOLD);
  }

  function load() {
    pause();
    const steps = model.get("steps");
    slider.max = steps.length - 1;
    for (const [name, element] of Object.entries({ words, code, trace })) {
      const all = steps.map((each) => each[name]);
      texts[name] = reserved(element, all);
      element.hidden = all.every((text) => text === "");
    }
    shown = -1;
    show();
  }

  function show() {
    const steps = model.get("steps");
    const at = Math.min(model.get("at"), steps.length - 1);
    if (at === shown) return;
    const before = picture.firstElementChild;
    picture.innerHTML = steps[at].svg;
    if (before && shown >= 0 && !still()) move(before, picture.firstElementChild);
    for (const name of Object.keys(texts)) texts[name].textContent = steps[at][name];
    back.disabled = at === 0;
    step.disabled = at === steps.length - 1;
    slider.value = at;
    slider.setAttribute("aria-valuetext", `step ${at} of ${steps.length - 1}`);
    number.textContent = `${at} of ${steps.length - 1}`;
    shown = at;
  }

  slider.oninput = () => pause(go(Number(slider.value)));
  model.on("change:steps", load);
  model.on("change:at", show);
  el.classList.add("pinlab-player");
  // A key is ours: on its way on, JupyterLab would take an arrow for one to another cell.
  el.addEventListener("keydown", (event) => event.stopPropagation());
  el.append(controls, picture, words, code, trace);
  load();
  return () => {
    pause();
    model.off("change:steps", load);
    model.off("change:at", show);
  };
}

export default { render, made }; // the site puts its elements together with `made`, too
