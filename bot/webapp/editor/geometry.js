// Places are normalised [x1, y1, x2, y2]; points are {x, y}, in pixels of the screen or the picture.

export const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

export const distance = (a, b) => Math.hypot(a.x - b.x, a.y - b.y);

export const middle = (a, b) => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });

/** The smallest place around points of a picture, cut off at its edges. */
export function placeAround(points, size) {
  const xs = points.map((point) => clamp(point.x / size.width, 0, 1));
  const ys = points.map((point) => clamp(point.y / size.height, 0, 1));
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

/** A place as a rectangle in pixels of the picture. */
export function rectOf([x1, y1, x2, y2], size) {
  return {
    x: x1 * size.width,
    y: y1 * size.height,
    width: (x2 - x1) * size.width,
    height: (y2 - y1) * size.height,
  };
}

/** How much two places share: intersection over union, 0 to 1. */
export function overlap(a, b) {
  const wide = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const tall = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (wide <= 0 || tall <= 0) return 0;
  const area = ([x1, y1, x2, y2]) => (x2 - x1) * (y2 - y1);
  return (wide * tall) / (area(a) + area(b) - wide * tall);
}
