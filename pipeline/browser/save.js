// Saves what is on show, boxes and all, at the picture's own size.

import { toJpeg } from "./overlay.js";
import { visible } from "./stage.js";

/** Hands the picture to the phone's own sheet (save, send ...), else downloads it. */
export async function save(shown) {
  const { source, width, height, name = "picture" } = shown;
  const picture = await toJpeg(source, width, height, visible(shown));
  const stem = name.replace(/\.[^.]*$/, "") || "picture";
  const file = new File([picture], `${stem}-boxes.jpg`, { type: "image/jpeg" });
  const touch = window.matchMedia("(pointer: coarse)").matches;
  if (touch && navigator.canShare?.({ files: [file] })) {
    // Closing the sheet is an answer too.
    const closed = await navigator.share({ files: [file] }).then(
      () => true,
      (error) => error.name === "AbortError",
    );
    if (closed) return;
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = file.name;
  link.click();
  // The download has to begin before its address goes.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
