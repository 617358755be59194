// A classic script on purpose: browsers refuse modules from file://, so only this one can explain.
if (location.protocol === "file:") {
  const note = document.getElementById("not-served");
  document.documentElement.lang = globalThis.WORDS.language;
  note.textContent = globalThis.WORDS.table.notServed;
  note.hidden = false;
  document.getElementById("loading").hidden = true;
}
