// The live camera: the rear one first; the other one and the light where the device has them.

const SIZE = { width: { ideal: 960 }, height: { ideal: 720 } };
const REFUSALS = {
  NotAllowedError: "cameraRefused",
  SecurityError: "cameraRefused",
  NotFoundError: "cameraNone",
  OverconstrainedError: "cameraNone",
  NotReadableError: "cameraBusy",
  AbortError: "cameraBusy",
};

/** Which sentence says why the camera did not start. */
export function whyNot(error) {
  if (!window.isSecureContext) return "cameraHttps";
  return REFUSALS[error.name] ?? "cameraNone";
}

/**
 * Starts the camera into `video`.
 * @returns {Promise<object>} `several`: there is another camera; `torch`: this one has a light;
 *   `flip()`, `light()`, `stop()`
 */
export async function startCamera(video) {
  let facing = "environment";
  let lit = false;
  let over = false;
  const camera = { several: false, torch: false, flip, light, stop: end };
  await open();
  return camera;

  async function open() {
    const before = video.srcObject;
    // Many phones open one camera at a time.
    stop();
    try {
      video.srcObject = await ask(facing);
    } catch (error) {
      if (!before) throw error;
      facing = facing === "environment" ? "user" : "environment";
      video.srcObject = await ask(facing);
    }
    if (over) {
      stop();
      return;
    }
    await video.play();
    lit = false;
    const devices = await navigator.mediaDevices.enumerateDevices();
    camera.several = devices.filter(({ kind }) => kind === "videoinput").length > 1;
    camera.torch = Boolean(track().getCapabilities?.().torch);
  }

  /** Ends it for good, also while another camera is being opened. */
  function end() {
    over = true;
    stop();
  }

  function track() {
    return video.srcObject.getVideoTracks()[0];
  }

  async function flip() {
    facing = facing === "environment" ? "user" : "environment";
    await open();
  }

  async function light() {
    lit = !lit;
    await track().applyConstraints({ advanced: [{ torch: lit }] });
    return lit;
  }

  function stop() {
    for (const each of video.srcObject?.getTracks() ?? []) each.stop();
    video.srcObject = null;
  }
}

function ask(facing) {
  return navigator.mediaDevices.getUserMedia({
    video: { facingMode: { ideal: facing }, ...SIZE },
    audio: false,
  });
}
