// labelImg's keys, and a few that belong beside them.

/** `does` as in Page; `space` is told when the space bar goes down or up. */
export function listen(does, space) {
  addEventListener("keydown", (event) => {
    // On a button the space bar presses it.
    if (event.key === " " && event.target === document.body) {
      event.preventDefault();
      return space(true);
    }
    const action = meaning(event, does);
    if (!action) return;
    event.preventDefault();
    action();
  });
  addEventListener("keyup", (event) => event.key === " " && space(false));
}

function meaning(event, does) {
  const key = event.key.toLowerCase();
  if (event.ctrlKey || event.metaKey) return { s: does.done, z: does.undo }[key];
  if (event.altKey) return null;
  if (/^[1-9]$/.test(key)) return () => does.pickNumber(Number(key) - 1);
  return {
    w: () => does.tool("box"),
    e: () => does.tool("points"),
    q: () => does.tool("hand"),
    a: does.back,
    d: does.skip,
    c: does.copy,
    f: does.fit,
    delete: does.delete,
    backspace: does.delete,
    escape: does.escape,
  }[key];
}
