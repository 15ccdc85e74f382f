// HTML in a node that stays. A screen reader announces what changes in it if it is a status, and
// what stands below it stays where it is: at one width it never gets lower than it has been.
function render({ model, el }) {
  let wide = 0;
  const show = () => { el.innerHTML = model.get("value"); };
  const keep = () => {
    if (el.clientWidth !== wide) el.style.minHeight = "";
    wide = el.clientWidth;
    el.style.minHeight = `${el.offsetHeight}px`;
  };
  const observer = new ResizeObserver(keep);
  if (model.get("role")) el.setAttribute("role", model.get("role"));
  model.on("change:value", show);
  show();
  observer.observe(el);
  return () => { model.off("change:value", show); observer.disconnect(); };
}
export default { render };
