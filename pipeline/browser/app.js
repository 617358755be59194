// The page of one model: a photo or the camera in, boxes out. Names are shown as text, never markup.

import { Detector } from "./detector.js";
import { colour, paint } from "./overlay.js";
import { runSelftest } from "./selftest.js";
import { startCamera } from "./camera.js";

const FLOOR = 0.01;
const $ = (id) => document.getElementById(id);
const base = new URL("./", document.baseURI);
const parameters = new URLSearchParams(location.search);

let shown = null; // { source, width, height, boxes, note }
let camera = null;

const ready = Detector.load(base.href, {
  runtime: parameters.get("runtime"),
  onProgress: (share, words) => {
    $("progress").value = share;
    $("progress-words").textContent = words;
  },
});

// Reading window.selftest runs the check (once), so that a script can await its result.
let selftest = null;
Object.defineProperty(window, "selftest", { get: () => (selftest ??= check()) });

ready.then(open, (error) => {
  $("progress").hidden = true;
  $("progress-words").textContent = `This page could not start: ${error.message}`;
  $("progress-words").className = "bad";
});

function open(detector) {
  const { project, version, classes } = detector.metadata;
  const name = [project, version === undefined ? null : `v${version}`].filter(Boolean).join(" ");
  $("title").textContent = name || "Detector";
  document.title = name || "Detector";
  $("finds").textContent = `Finds: ${classes.join(", ")}`;
  describe(detector);
  $("loading").hidden = true;
  $("stage").hidden = false;
  for (const id of ["take", "choose"]) {
    $(id).addEventListener("change", ({ target }) => {
      if (target.files[0]) showFile(target.files[0]);
      target.value = "";
    });
  }
  $("threshold").addEventListener("input", redraw);
  $("selftest").addEventListener("click", () => {
    selftest = check();
  });
  $("live").hidden = !navigator.mediaDevices?.getUserMedia;
  $("live").addEventListener("click", toggleCamera);
  $("flip").addEventListener("click", () => camera?.flip());
  window.addEventListener("resize", redraw);
  document.addEventListener("paste", ({ clipboardData }) => {
    const file = [...(clipboardData?.files ?? [])].find(({ type }) => type.startsWith("image/"));
    if (file) showFile(file);
  });
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files[0]) showFile(event.dataTransfer.files[0]);
  });
}

function describe({ metadata, runtime }) {
  const { test, val } = metadata.metrics ?? {};
  // The test part was never looked at before, so its figure is the fairer one.
  const figure = (test ?? val ?? metadata.metrics)?.map50;
  const rows = [
    ["Input", `${metadata.imgsz} × ${metadata.imgsz} pixels`],
    ["Weights", metadata.precision === "fp16" ? "float16" : "float32"],
    ["Runs on", { webgl: "graphics card", wasm: "processor (WebAssembly)", cpu: "JavaScript" }[runtime] ?? runtime],
    ["mAP50", typeof figure === "number" ? figure.toFixed(2) : null],
    ["Made", metadata.created?.slice(0, 10)],
  ];
  for (const [term, value] of rows) {
    if (!value) continue;
    const dt = document.createElement("dt");
    const dd = document.createElement("dd");
    dt.textContent = term;
    dd.textContent = value;
    $("about").append(dt, dd);
  }
}

async function showFile(file) {
  camera?.stop();
  $("summary").textContent = "Looking…";
  $("counts").replaceChildren();
  const url = URL.createObjectURL(file);
  try {
    const picture = new Image();
    picture.src = url;
    await picture.decode();
    await look(picture, picture.naturalWidth, picture.naturalHeight);
  } catch (error) {
    console.error(error);
    $("summary").textContent = "I can't read this picture; please try a JPEG or PNG.";
  } finally {
    URL.revokeObjectURL(url);
  }
}

async function look(source, width, height) {
  const detector = await ready;
  // Show the picture before the work begins.
  shown = { source, width, height, boxes: [], note: "Looking…" };
  redraw();
  await new Promise((resolve) => setTimeout(resolve, 20));
  const start = performance.now();
  const boxes = await detector.detect(source, { threshold: FLOOR });
  shown = { source, width, height, boxes, milliseconds: performance.now() - start };
  redraw();
}

function redraw() {
  const least = Number($("threshold").value) / 100;
  $("threshold-words").textContent = `${Math.round(least * 100)}%`;
  if (!shown) return;
  const boxes = shown.all ? shown.boxes : shown.boxes.filter(({ score }) => score >= least);
  $("empty").hidden = true;
  $("view").hidden = false;
  paint($("view"), shown.source, shown.width, shown.height, boxes);
  count(boxes);
  $("summary").textContent = shown.note ?? inWords(boxes.length, shown);
}

function inWords(count, { boxes, milliseconds }) {
  const time = milliseconds ? ` in ${Math.max(1, Math.round(milliseconds))} ms` : "";
  if (count) return `${count} found${time}`;
  return boxes.length ? "Nothing that sure; move the slider left for weaker guesses." : "Nothing found.";
}

function count(boxes) {
  const totals = new Map();
  for (const box of boxes) totals.set(box.index, { box, n: (totals.get(box.index)?.n ?? 0) + 1 });
  $("counts").replaceChildren(
    ...[...totals.values()].map(({ box, n }) => {
      const item = document.createElement("li");
      const dot = document.createElement("i");
      const words = document.createElement("span");
      dot.style.background = colour(box.index);
      words.textContent = `${n} × ${box.class}`;
      item.append(dot, words);
      return item;
    }),
  );
}

async function toggleCamera() {
  if (camera) {
    camera.stop();
    return;
  }
  const detector = await ready;
  try {
    camera = await startCamera($("video"), {
      onFrame: async (video) => {
        const start = performance.now();
        const boxes = await detector.detect(video, { threshold: FLOOR });
        shown = {
          source: video,
          width: video.videoWidth,
          height: video.videoHeight,
          boxes,
          milliseconds: performance.now() - start,
        };
        redraw();
      },
      onStop: () => {
        camera = null;
        $("live").textContent = "Live camera";
        $("flip").hidden = true;
        // The last frame stays; the video itself is gone.
        shown = null;
      },
    });
    $("live").textContent = "Stop";
    $("flip").hidden = false;
  } catch (error) {
    console.error(error);
    $("summary").textContent =
      "I can't use the camera here: allow it for this page, or take a photo instead.";
  }
}

async function check() {
  const words = $("selftest-words");
  try {
    const detector = await ready;
    camera?.stop();
    $("selftest").disabled = true;
    words.className = "";
    words.textContent = "Comparing…";
    await new Promise((resolve) => setTimeout(resolve, 20));
    const { picture, width, height, boxes, ...result } = await runSelftest(detector, base);
    shown = { source: picture, width, height, boxes, all: true, note: "The picture of the check" };
    redraw();
    words.textContent = verdict(result);
    words.className = result.passed ? "good" : "bad";
    return result;
  } catch (error) {
    console.error(error);
    words.textContent = `The check could not run: ${error.message}`;
    words.className = "bad";
    return { passed: false, compared: 0, matched: 0, error: error.message };
  } finally {
    $("selftest").disabled = false;
  }
}

function verdict({ passed, compared, matched, minIou, maxScoreDifference, suppressed }) {
  if (!passed) {
    return `✗ Only ${matched} of ${compared} boxes are the same here; try another browser.`;
  }
  const fit = Math.floor(minIou * 1000) / 10;
  const points = (maxScoreDifference * 100).toFixed(maxScoreDifference < 0.0005 ? 0 : 1);
  const young = suppressed ? "" : " It is still unsure of everything, so raw guesses were compared.";
  return `✓ The same ${compared} boxes as in PyTorch: they overlap by ${fit}% or more, scores differ by ${points} points at most.${young}`;
}
