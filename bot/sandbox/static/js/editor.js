// Draw on a photo with the finger and send it back, as Telegram's own photo editor does.

import { fileUrl, sendFiles } from "./api.js";
import { el, toast } from "./dom.js";
import { openLayer } from "./layers.js";
import { store } from "./store.js";

const COLOURS = ["#ff3b30", "#ff9500", "#ffe14d", "#34c759", "#0a84ff", "#af52de", "#ffffff", "#000000"];
const LONG_SIDE = 1280;
const JPEG_QUALITY = 0.87;
let colour = COLOURS[0];
let thickness = 9; // pixels on a long side of 1280

/** Edit the photo of a message and send it as a reply to that message. */
export async function openEditor(view, fileId) {
  const image = new Image();
  image.src = fileUrl(fileId);
  await image.decode();
  const scale = Math.min(1, LONG_SIDE / Math.max(image.naturalWidth, image.naturalHeight));
  const canvas = el("canvas", {
    width: Math.round(image.naturalWidth * scale),
    height: Math.round(image.naturalHeight * scale),
    "aria-label": "Photo to draw on",
  });
  const pen = canvas.getContext("2d");
  const unit = Math.max(canvas.width, canvas.height) / LONG_SIDE;
  const strokes = [];

  function draw() {
    pen.drawImage(image, 0, 0, canvas.width, canvas.height);
    strokes.forEach(trace);
    undo.disabled = strokes.length === 0;
    send.disabled = strokes.length === 0;
  }
  function trace({ points, colour: paint, width }) {
    Object.assign(pen, { strokeStyle: paint, lineWidth: width, lineCap: "round", lineJoin: "round" });
    pen.beginPath();
    pen.moveTo(...points[0]);
    // Through the middles of the segments, so that a quick finger leaves a round line.
    for (let i = 1; i < points.length - 1; i++) {
      const [x, y] = points[i];
      pen.quadraticCurveTo(x, y, (x + points[i + 1][0]) / 2, (y + points[i + 1][1]) / 2);
    }
    pen.lineTo(...points.at(-1));
    pen.stroke();
  }
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * canvas.width, ((event.clientY - box.top) / box.height) * canvas.height];
  };
  let current = null;
  canvas.onpointerdown = (event) => {
    canvas.setPointerCapture(event.pointerId);
    current = { points: [at(event)], colour, width: thickness * unit };
    strokes.push(current);
    draw();
  };
  canvas.onpointermove = (event) => {
    if (!current) return;
    for (const step of event.getCoalescedEvents?.() ?? [event]) current.points.push(at(step));
    draw();
  };
  canvas.onpointerup = canvas.onpointercancel = () => (current = null);

  const undo = el("button.round", { "aria-label": "Undo", onclick: () => (strokes.pop(), draw()) }, "↶");
  const send = el("button.solid", { onclick: finish }, "Send ➤");
  const dot = el("i");
  const size = el("input", { type: "range", min: 3, max: 30, value: thickness, "aria-label": "Thickness" });
  size.oninput = () => {
    thickness = Number(size.value);
    showDot();
  };
  const showDot = () => Object.assign(dot.style, { width: `${thickness}px`, height: `${thickness}px`, background: colour });
  const paints = COLOURS.map((one) => {
    const pick = (event) => {
      colour = one;
      paints.forEach((paint) => paint.classList.toggle("picked", paint === event.currentTarget));
      showDot();
    };
    return el(`button.paint${one === colour ? ".picked" : ""}`, { "--c": one, onclick: pick, "aria-label": `Colour ${one}` });
  });
  const cancel = el("button.round", { "aria-label": "Cancel", onclick: () => close() }, "✕");
  const close = openLayer(
    "div.layer.dark",
    el("div.bar", {}, cancel, el("span.grow", {}, "Draw with your finger"), undo, send),
    el("div.stage", {}, canvas),
    el("div.paints", {}, ...paints),
    el("div.thick", {}, size, dot),
  );
  showDot();
  draw();

  async function finish() {
    send.disabled = true;
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", JPEG_QUALITY));
    const file = new File([blob], "photo.jpg", { type: "image/jpeg" });
    try {
      await sendFiles(view.chat_id, { member: store.me.id, kind: "photo", files: [file], replyTo: view.id });
      close();
    } catch (error) {
      toast(error.message);
      send.disabled = false;
    }
  }
}
