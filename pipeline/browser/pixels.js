// What is looked at, in a form that a worker takes.

/**
 * `{bitmap, width, height}` (handed over) or `{data, width, height}` with RGBA bytes (copied).
 * @param {CanvasImageSource|ImageData|{data: Uint8Array, width: number, height: number}} source
 */
export async function capture(source) {
  if (source?.data && source.width && source.height) {
    const { data, width, height } = source;
    if (data.length !== width * height * 4) {
      throw new Error("Pixels have to be RGBA: width x height x 4 numbers.");
    }
    return { data, width, height };
  }
  const width = source?.naturalWidth || source?.videoWidth || source?.displayWidth || source?.width;
  const height =
    source?.naturalHeight || source?.videoHeight || source?.displayHeight || source?.height;
  if (!width || !height) throw new Error("The picture is not loaded yet.");
  if (globalThis.OffscreenCanvas && globalThis.createImageBitmap) {
    return { bitmap: await createImageBitmap(source), width, height };
  }
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(source, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  return { data, width, height };
}
