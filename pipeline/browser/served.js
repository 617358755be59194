// A classic script on purpose: browsers refuse modules from file://, so only this one can explain.
if (location.protocol === "file:") {
  document.getElementById("not-served").hidden = false;
  document.getElementById("loading").hidden = true;
}
