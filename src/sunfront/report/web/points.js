// Thousands of marks in a layer of pixels: a path of so many takes too long to draw in one frame.

const CROSS = 4.5, WIDTH = 1.5; // half of the side of a cross, and of its lines the width; CSS pixels

const layer = document.createElement("canvas"), context = layer.getContext("2d", { willReadFrequently: true });
let image = new ImageData(1, 1), pixels = new Uint32Array(image.data.buffer);

const known = new Map();

/** Red, green and blue of a color of the style sheet, and its pixel at an opacity from 0 to 1. */
export function ink(color, opacity) {
  const key = `${color} ${opacity}`;
  if (!known.has(key)) {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = color;
    context.fillRect(0, 0, 1, 1);
    const { data } = context.getImageData(0, 0, 1, 1), [r, g, b] = data;
    data[3] = Math.round(255 * opacity);
    known.set(key, { r, g, b, opacity, pixel: new Uint32Array(data.buffer)[0] });
  }
  return known.get(key);
}

/** The pixels of a cross around its middle: steps right and down, and how much of the pixel it covers. */
function crossed(ratio) {
  const reach = Math.round(CROSS * ratio), steps = Array.from({ length: 2 * reach + 1 }, (_, i) => i - reach);
  const cover = (dx, dy) => Math.min((WIDTH * ratio + 1) / 2 - Math.abs(Math.abs(dx) - Math.abs(dy)) * Math.SQRT1_2, 1);
  return steps.flatMap((dy) => steps.map((dx) => [dx, dy, cover(dx, dy)])).filter(([, , share]) => share > 0);
}

/** Start a layer over a box, in CSS pixels. It has `square` and `cross`, and `drawOn`, which puts it on a context. */
export function startPoints({ left, top, right, bottom }) {
  const ratio = Math.max(window.devicePixelRatio || 1, 1);
  const width = Math.max(Math.ceil((right - left) * ratio), 1), height = Math.max(Math.ceil((bottom - top) * ratio), 1);
  if (image.width !== width || image.height !== height) {
    image = new ImageData(width, height);
    pixels = new Uint32Array(image.data.buffer);
  } else pixels.fill(0);
  const { data } = image;
  const put = (at, { r, g, b }, opacity) => {
    const i = 4 * at, sum = opacity + (data[i + 3] / 255) * (1 - opacity), share = opacity / sum;
    data[i] += (r - data[i]) * share;
    data[i + 1] += (g - data[i + 1]) * share;
    data[i + 2] += (b - data[i + 2]) * share;
    data[i + 3] = 255 * sum;
  };
  const square = (x, y, half, shade) => {
    const side = Math.max(Math.round(2 * half * ratio), 1), first = Math.round((x - left - half) * ratio), lowest = Math.round((y - top - half) * ratio);
    const end = Math.min(first + side, width);
    for (let py = Math.max(lowest, 0); py < Math.min(lowest + side, height); py++) {
      for (let at = py * width + Math.max(first, 0); at < py * width + end; at++) {
        if (pixels[at] === 0) pixels[at] = shade.pixel;
        else put(at, shade, shade.opacity);
      }
    }
  };
  const stamp = crossed(ratio);
  const cross = (x, y, shade) => {
    const cx = Math.round((x - left) * ratio), cy = Math.round((y - top) * ratio);
    for (const [dx, dy, opacity] of stamp) {
      const px = cx + dx, py = cy + dy, at = py * width + px;
      if (px < 0 || px >= width || py < 0 || py >= height) continue;
      if (opacity === 1) pixels[at] = shade.pixel;
      else put(at, shade, opacity);
    }
  };
  const drawOn = (target) => {
    if (layer.width !== width || layer.height !== height) Object.assign(layer, { width, height });
    context.putImageData(image, 0, 0);
    target.drawImage(layer, left, top, width / ratio, height / ratio);
  };
  return { square, cross, drawOn };
}
