// "This is wrong": with the visitor's consent a picture goes back to the group that made the model.
// Only a page that its bot serves has this: the feedback.json of a package names no address.

import { toJpeg } from "./overlay.js";
import { say } from "./say.js";
import { current, visible, watchers } from "./stage.js";

const LONGEST = 1280;
const PLACES = 5;
const BUSY = 429;
const $ = (id) => document.getElementById(id);

/** Shows the button under results, where the server takes pictures back. */
export async function offerFeedback(base) {
  const asked = await fetch(new URL("feedback.json", base), { cache: "no-store" }).catch(() => null);
  if (!asked?.ok) return;
  const { url, consent } = await asked.json().catch(() => ({}));
  if (typeof url !== "string") return;
  const target = new URL(url, base);
  $("consent").textContent = typeof consent === "string" && consent ? consent : say("wrongConsent");

  const sent = new WeakSet();
  let chosen = null;
  watchers.push(update);
  update();

  function update() {
    const shown = current();
    // The picture of the check is the group's own; one that was sent needs no second time.
    $("wrong").hidden = !shown || Boolean(shown.note) || sent.has(shown.source);
    if (shown && !shown.passing && !sent.has(shown.source)) $("thanks").textContent = "";
  }

  $("wrong").addEventListener("click", async () => {
    const shown = current();
    // Taken now: a live picture is another one by the time somebody has answered.
    const { source, width, height } = shown;
    const boxes = visible(shown).map((found) => shares(found, width, height));
    chosen = { source, boxes, picture: toJpeg(source, width, height, [], LONGEST) };
    $("ask").showModal();
  });
  $("ask-no").addEventListener("click", () => $("ask").close());
  $("ask-yes").addEventListener("click", () => {
    $("ask").close();
    send(target, chosen).then((passed) => {
      if (passed) sent.add(chosen.source);
      $("wrong").disabled = false;
      $("wrong").hidden ||= passed;
    });
  });
}

async function send(target, { picture, boxes }) {
  $("wrong").disabled = true;
  $("thanks").textContent = say("wrongSending");
  try {
    const form = new FormData();
    form.append("picture", await picture, "picture.jpg");
    form.append("boxes", JSON.stringify(boxes));
    const answer = await fetch(target, { method: "POST", body: form });
    if (answer.ok) $("thanks").textContent = say("wrongThanks");
    else $("thanks").textContent = say(answer.status === BUSY ? "wrongBusy" : "wrongFailed");
    return answer.ok;
  } catch (error) {
    console.warn(error);
    $("thanks").textContent = say("wrongFailed");
    return false;
  }
}

function shares({ class: name, score, box: [x1, y1, x2, y2] }, width, height) {
  const box = [x1 / width, y1 / height, x2 / width, y2 / height];
  return {
    class: name,
    score: Number(score.toFixed(PLACES)),
    box: box.map((value) => Number(Math.min(1, Math.max(0, value)).toFixed(PLACES))),
  };
}
