// One frame after the other, as fast as the model goes.

// From here on there is a frame; a film that starts over has none for a moment.
const HAVE_CURRENT_DATA = 2;
// Some browsers say so a little early; after so many frames it is no matter of time.
const PATIENCE_FRAMES = 120;

/**
 * Calls `onFrame(bitmap, milliseconds, boxes)` for frames of a playing `video`.
 *
 * The frame is kept while the model looks at it, so that boxes lie where things were.
 * @param {HTMLVideoElement} video
 * @param {(bitmap: ImageBitmap) => Promise<object[]>} look gives the boxes in a frame
 * @param {(frame: object) => void} onFrame takes {source, width, height, boxes, milliseconds}
 * @returns {{stop: () => void, ended: Promise<void>}} `ended` fails when a frame did
 */
export function follow(video, look, onFrame) {
  let running = true;
  let before = null;
  let missed = 0;

  async function loop() {
    while (running) {
      // A paused video shows the same frame: looking again would only cost power.
      if (video.readyState >= HAVE_CURRENT_DATA && (!video.paused || video.currentTime !== before)) {
        before = video.currentTime;
        await one();
      }
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
  }

  async function one() {
    let source;
    try {
      source = await createImageBitmap(video);
    } catch (error) {
      missed += 1;
      if (error.name !== "InvalidStateError" || missed > PATIENCE_FRAMES) throw error;
      before = null;
      return;
    }
    missed = 0;
    const start = performance.now();
    const boxes = await look(source);
    const milliseconds = performance.now() - start;
    if (!running) {
      source.close();
      return;
    }
    const { width, height } = source;
    onFrame({ source, width, height, boxes, milliseconds, passing: true });
  }

  return {
    stop: () => {
      running = false;
    },
    ended: loop(),
  };
}
