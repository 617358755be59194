// What the browser tests of the detector call. Whole pixels only, so that no browser blends edges.

globalThis.picture = (width, height) => {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  context.fillStyle = "#777";
  context.fillRect(0, 0, width, height);
  for (let i = 0; i < 40; i += 1) {
    context.fillStyle = `rgb(${(i * 67) % 256}, ${(i * 131) % 256}, ${(i * 29) % 256})`;
    const x = Math.round((((i * 37) % 100) / 100) * width);
    const y = Math.round((((i * 61) % 100) / 100) * height);
    context.fillRect(x, y, Math.round(width / 7), Math.round(height / 6));
  }
  return canvas;
};

globalThis.look = async (detector, source = picture(300, 180)) => {
  const found = await detector.detect(source);
  return {
    runtime: detector.runtime,
    inWorker: detector.inWorker,
    boxes: found.map((one) => [one.class, one.index, one.score, ...one.box]),
  };
};
