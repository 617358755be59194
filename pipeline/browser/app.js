// The page of one model: pictures, a video or the camera in, boxes out. Names are shown as text,
// never as markup.

import { describe, entitle } from "./about.js";
import { startCamera, whyNot } from "./camera.js";
import { check } from "./check.js";
import { Detector } from "./detector.js";
import { offerFeedback } from "./feedback.js";
import { base, place, single } from "./files.js";
import { isFilm, openFilm } from "./film.js";
import { follow } from "./live.js";
import { keepOffline, keepRest } from "./offline.js";
import * as pictures from "./pictures.js";
import { save } from "./save.js";
import { percent, say, translate } from "./say.js";
import { current, redraw, runsOn, show, tell, watchers } from "./stage.js";

const FLOOR = 0.01;
const WARMING = /^warm/i;
const $ = (id) => document.getElementById(id);
const parameters = new URLSearchParams(location.search);

let live = null; // what plays now: { kind: "camera" or "film", camera, stop }

translate();
const ready = start();
ready.then(open, failed);

// Reading window.selftest runs the check (once), so that a script can await its result.
let selftest = null;
Object.defineProperty(window, "selftest", { get: () => (selftest ??= test()) });

async function start() {
  if (!single) await keepOffline(base);
  return Detector.load(place, {
    runtime: parameters.get("runtime") ?? undefined,
    onProgress: (share, words) => {
      $("progress").value = share;
      $("progress-words").textContent = say(WARMING.test(words) ? "warming" : "loading");
    },
  });
}

function failed(error) {
  console.error(error);
  $("progress").hidden = true;
  $("progress-words").textContent = say(/missing|fetch|network/i.test(error.message) ? "missing" : "failed");
  $("progress-words").classList.add("bad");
}

function open(detector) {
  entitle(detector.metadata);
  describe(detector);
  runsOn(detector.runtime);
  // Only raw answers have overlapping boxes left to thin.
  $("thinning").hidden = (detector.metadata.output?.form ?? "raw") !== "raw";
  $("overlap").value = Math.round((detector.metadata.nms?.iou ?? 0.7) * 100);
  $("loading").hidden = true;
  $("stage").hidden = false;
  overlapWords();
  listen();
  redraw();
  keepRest();
  const first = detector.runtime;
  detector.settled.then(() => {
    if (detector.runtime === first) return;
    runsOn(detector.runtime);
    keepRest();
  });
  if (!single && base.protocol.startsWith("http")) offerFeedback(base);
}

function listen() {
  for (const id of ["take", "choose"]) {
    $(`${id}-button`).addEventListener("click", () => $(id).click());
    $(id).addEventListener("change", ({ target }) => {
      take([...target.files]);
      target.value = "";
    });
  }
  $("threshold").addEventListener("input", redraw);
  $("overlap").addEventListener("input", overlapWords);
  $("overlap").addEventListener("change", again);
  $("selftest").addEventListener("click", () => {
    selftest = test();
  });
  $("save").addEventListener("click", () => save(current()));
  watchers.push((shown) => {
    $("save").hidden = !shown || shown.note === say("looking");
  });
  $("live").addEventListener("click", () => (live ? stop() : watch()));
  $("flip").addEventListener("click", flip);
  $("torch").addEventListener("click", torch);
  $("play").addEventListener("click", () => ($("video").paused ? $("video").play() : $("video").pause()));
  $("position").addEventListener("input", seek);
  for (const name of ["play", "pause", "timeupdate"]) $("video").addEventListener(name, playing);
  window.addEventListener("resize", redraw);
  document.addEventListener("visibilitychange", () => {
    // Nobody looks: the camera's light goes off.
    if (document.hidden && live?.kind === "camera") stop();
  });
  document.addEventListener("paste", ({ clipboardData }) => take([...(clipboardData?.files ?? [])]));
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    take([...event.dataTransfer.files]);
  });
}

function options() {
  return { iou: Number($("overlap").value) / 100 };
}

function overlapWords() {
  $("overlap-words").textContent = say("overlap", { percent: percent(options().iou) });
}

async function again() {
  if (!live) await pictures.lookAgain(await ready, options());
}

async function take(files) {
  if (!files.length) return;
  stop();
  const detector = await ready;
  const films = files.filter(isFilm);
  if (films.length === files.length) await watchFilm(films[0]);
  else await pictures.look(detector, files.filter((file) => !isFilm(file)), options());
}

async function watchFilm(file) {
  pictures.clear();
  try {
    const film = await openFilm($("video"), file);
    run({ kind: "film", stop: film.stop, name: file.name });
  } catch (error) {
    console.warn(error);
    tell(say("badVideo"), { bad: true });
  }
}

async function watch() {
  pictures.clear();
  $("live").disabled = true;
  try {
    if (!navigator.mediaDevices?.getUserMedia) throw new Error("There are no cameras here.");
    const camera = await startCamera($("video"));
    run({ kind: "camera", camera, stop: camera.stop, name: "camera" });
  } catch (error) {
    console.warn(error);
    tell(say(whyNot(error)), { bad: true });
  } finally {
    $("live").disabled = false;
  }
}

async function run(playing) {
  const detector = await ready;
  live = playing;
  buttons();
  const followed = follow(
    $("video"),
    (frame) => detector.detect(frame, { ...options(), threshold: FLOOR }),
    (frame) => show({ ...frame, name: playing.name }),
  );
  live.end = followed.stop;
  followed.ended.catch((error) => {
    console.error(error);
    stop();
    tell(say("badLook"), { bad: true });
  });
}

function stop() {
  live?.end();
  live?.stop();
  live = null;
  buttons();
}

function buttons() {
  $("live").textContent = say(live ? "stop" : "live");
  $("flip").hidden = !live?.camera?.several;
  $("torch").hidden = !live?.camera?.torch;
  $("torch").setAttribute("aria-pressed", "false");
  $("playing").hidden = live?.kind !== "film";
}

async function flip() {
  try {
    await live.camera.flip();
    // Somebody may have stopped it meanwhile.
    if (live) buttons();
  } catch (error) {
    console.warn(error);
    if (!live) return;
    stop();
    tell(say(whyNot(error)), { bad: true });
  }
}

async function torch() {
  try {
    $("torch").setAttribute("aria-pressed", String(await live.camera.light()));
  } catch (error) {
    console.warn(error);
    $("torch").hidden = true;
  }
}

function playing() {
  const { paused, currentTime, duration } = $("video");
  $("play").textContent = say(paused ? "play" : "pause");
  if (duration) $("position").value = currentTime / duration;
}

function seek() {
  $("video").currentTime = Number($("position").value) * $("video").duration;
}

async function test() {
  const detector = await ready.catch((error) => ({ error }));
  if (detector.error) return { passed: false, compared: 0, matched: 0, error: detector.error.message };
  stop();
  pictures.clear();
  return check(detector);
}
