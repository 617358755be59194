// A video file: it plays, and each frame that the model gets to is shown with its boxes.

/**
 * Opens `file` in `video` and plays it without sound, again and again.
 * @returns {Promise<{stop: () => void}>}
 * @throws when the browser cannot play it
 */
export async function openFilm(video, file) {
  const url = URL.createObjectURL(file);
  const stop = () => {
    video.pause();
    video.removeAttribute("src");
    video.load();
    URL.revokeObjectURL(url);
  };
  try {
    await new Promise((resolve, reject) => {
      video.onloadeddata = resolve;
      video.onerror = () => reject(new Error("This browser can't play this video."));
      video.src = url;
    });
    if (!video.videoWidth) throw new Error("This video has no pictures.");
    video.loop = true;
    await video.play();
  } catch (error) {
    stop();
    throw error;
  } finally {
    video.onloadeddata = null;
    video.onerror = null;
  }
  return { stop };
}

/** True for what is played, not looked at once. */
export function isFilm({ type, name }) {
  return type.startsWith("video/") || /\.(mp4|m4v|mov|webm|mkv|avi)$/i.test(name ?? "");
}
