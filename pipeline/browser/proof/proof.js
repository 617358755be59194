// Lets a packaged page show what it finds: its own self-test, then boxes of labelled pictures.
// Served beside the package by pipeline/worker/proof_host.py; never part of one.

const POLL_MS = 50;

async function say(fact) {
  const answer = await fetch("said", { method: "POST", body: JSON.stringify(fact) });
  return (await answer.json()).go;
}

/** What the page itself says of its self-test, asked as a visitor's click would. */
async function pageSelftest(runtime) {
  const frame = document.createElement("iframe");
  frame.width = 390;
  frame.height = 844;
  frame.src = `page/index.html?runtime=${runtime}`;
  document.body.append(frame);
  await new Promise((resolve) => frame.addEventListener("load", resolve, { once: true }));
  while (!("selftest" in frame.contentWindow)) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  const { passed, compared, matched } = await frame.contentWindow.selftest;
  frame.remove();
  return { passed, compared, matched };
}

async function loadPicture(number) {
  const picture = new Image();
  picture.src = `pictures/${number}.png`;
  await picture.decode();
  return picture;
}

async function run() {
  const { runtime, pictures, options, selftest } = await (await fetch("work.json")).json();
  if (selftest) await say({ type: "selftest", ...(await pageSelftest(runtime)) });
  const { Detector } = await import(new URL("page/detector.js", document.baseURI).href);
  const place = new URL("page/", document.baseURI).href;
  const detector = await Detector.load(place, { runtime });
  await say({ type: "loaded", runtime: detector.runtime });
  for (let number = 0; number < pictures; number += 1) {
    const found = await detector.detect(await loadPicture(number), options);
    const boxes = found.map(({ index, score, box }) => [index, score, ...box]);
    if (!(await say({ type: "boxes", number, boxes }))) break;
  }
  // What computed in the end: a runtime that breaks on the way is replaced by the page.
  await say({ type: "done", runtime: detector.runtime });
}

run().catch((error) => say({ type: "error", words: String(error?.stack ?? error) }));
