// What the page says. `plural(2, "box", "boxes")` is "2 boxes".

export const plural = (count, one, many) => `${count} ${count === 1 ? one : many}`;

const edges = (count) => plural(count, "more edge", "more edges");

/** What to do now. */
export function hint(editor, box) {
  if (!editor.mayEdit) return "You may look here, but not change anything.";
  if (box?.open) return `${box.label}? Right, or fix it`;
  if (box) return `${box.label}: pull a handle to fix it`;
  const name = editor.scene.classes.length === 1 ? editor.label : "object";
  if (editor.tool === "box") return `Drag a box around each ${name}`;
  if (editor.tool === "hand") return "Tap a box to fix it; drag the picture to move it";
  if (!editor.points.length) return `Touch each ${name} at its top, left, bottom and right edge`;
  return `${edges(4 - editor.points.length)} of this ${name}`;
}

/** The large button: it says what a tap confirms. */
export function done(editor) {
  if (editor.done) return "Next";
  const { length } = editor.boxes;
  return `Done · ${length ? plural(length, "box", "boxes") : "nothing here"}`;
}

export function waiting({ draw, more }) {
  const words = [];
  if (draw) words.push(`${plural(draw, "picture", "pictures")} to draw on`);
  if (more) words.push(`${more} to check`);
  return words.join(" · ") || "every picture is done";
}

export function together(names) {
  if (!names.length) return "";
  if (names.length > 2) return `${names.length} others are on this picture too`;
  return `${names.join(" and ")} ${names.length > 1 ? "are" : "is"} on this picture too`;
}

export const status = {
  saved: () => "Saved",
  sending: () => "Saving…",
  waiting: (count) => plural(count, "change waits", "changes wait"),
};

export const changed = (names) => `${names.join(", ")} changed this picture`;

export const kept = (count) =>
  count ? `${status.waiting(count)} for the network; they are kept here and sent by themselves.` : "Everything is saved.";

export function copied(count, before) {
  if (!before) return "There are no boxes on the frame before.";
  return count ? `Copied ${count} from the frame before` : "They are all here already.";
}

export const OFFLINE_NEXT = "No network: the next picture comes when it is back.";
export const OFFLINE = "I can't reach the bot. Is there a network?";
export const ALL_DONE = "Every picture is done. Thank you!";
export const ALL_BUT_SENT = "That was the last one. Keep this page open until your changes are sent.";
export const TRAINS = "That was enough for a first model: the training has begun.";
export const UNCLEAR = "The bot did not understand that.";
