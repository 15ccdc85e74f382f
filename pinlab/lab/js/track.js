// A slider that has a name and tells a screen reader what its place stands for.
function render({ model, el }) {
  const track = document.createElement("input");
  track.type = "range";
  track.dataset.lmSuppressShortcuts = "";  // JupyterLab has other uses for the arrow keys
  const show = () => {
    track.max = model.get("max");
    track.value = model.get("value");
    track.setAttribute("aria-label", model.get("label"));
    track.setAttribute("aria-valuetext", model.get("told")[model.get("value")]);
  };
  track.addEventListener("input", () => {
    model.set("value", track.valueAsNumber);
    model.save_changes();
  });
  model.on("change", show);
  show();
  el.append(track);
  return () => model.off("change", show);
}
export default { render };
