// The live camera: the rear one first, one frame after the other, as fast as the model goes.

const SIZE = { width: { ideal: 960 }, height: { ideal: 720 } };

/**
 * Starts the camera into `video` and calls `onFrame(video)` again and again.
 * @returns {Promise<{stop: Function, flip: Function}>}
 */
export async function startCamera(video, { onFrame, onStop }) {
  let facing = "environment";
  let running = true;
  await open();

  async function open() {
    const stream = await navigator.mediaDevices.getUserMedia({
      video: { facingMode: { ideal: facing }, ...SIZE },
      audio: false,
    });
    close();
    video.srcObject = stream;
    await video.play();
  }

  function close() {
    for (const track of video.srcObject?.getTracks() ?? []) track.stop();
    video.srcObject = null;
  }

  function stop() {
    if (!running) return;
    running = false;
    close();
    onStop();
  }

  async function loop() {
    while (running) {
      if (video.videoWidth) await onFrame(video);
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
  }

  loop().catch((error) => {
    console.error(error);
    stop();
  });

  return {
    stop,
    flip: async () => {
      facing = facing === "environment" ? "user" : "environment";
      await open();
    },
  };
}
