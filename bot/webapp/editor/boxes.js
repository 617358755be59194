// What stands on the picture: the server's answer with the edits that still wait replayed on top.
//
// A box is {key, id, label, place, open, guess, mine}. Its key never changes: the name of the edit
// that made it where that is known, else its id. `open`: nothing is decided yet; `guess`: nobody said
// it; `mine`: this person said that it is right.

/** The name of a new edit. */
export function newName() {
  if (crypto.randomUUID) return crypto.randomUUID();
  // Without https there is no randomUUID.
  const hex = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** How an edit names a box: by its id once the server gave one. */
export const refOf = (box) => box.id ?? box.key;

/** The picture's state: `{boxes, done}`. */
export function replay(scene, waiting) {
  let boxes = scene.boxes.map((box) => ({ ...box, key: box.name ?? String(box.id) }));
  let done = scene.done;
  const find = (ref) => boxes.find((box) => box.key === String(ref) || box.id === ref);
  const drop = (ref) => (boxes = boxes.filter((box) => box !== find(ref)));
  const put = (edit) => {
    if (!find(edit.id)) boxes = [...boxes, { key: edit.id, label: edit.label, place: edit.place, mine: true }];
  };
  for (const { edit, copies = {} } of waiting) {
    switch (edit.kind) {
      case "add":
        put(edit);
        break;
      case "change":
        drop(edit.box);
        put(edit);
        break;
      case "delete":
        drop(edit.box);
        break;
      case "accept":
        boxes = boxes.map((box) => (box === find(edit.box) ? said(box) : box));
        break;
      case "restore":
        drop(edit.box);
        boxes = [...boxes, copies[edit.box]];
        break;
      case "done":
        done = true;
        boxes = boxes.map((box) => (box.open ? said(box) : box));
        break;
      case "reopen":
        done = false;
        boxes = boxes.map((box) => copies[refOf(box)] ?? box);
        break;
    }
  }
  return { boxes, done };
}

const said = (box) => ({ ...box, open: false, guess: false, mine: true });
