// Thousands of marks in a layer of pixels: a path of so many takes too long to draw in one frame.

const CROSS = 4.5, WIDTH = 1.5; // half of the side of a cross, and of its lines the width; CSS pixels

const layer = document.createElement("canvas"), context = layer.getContext("2d", { willReadFrequently: true });
let image = new ImageData(1, 1), pixels = new Uint32Array(image.data.buffer);

const known = new Map();

const mixes = new Map();

/** By the opacity of a pixel, from 0 to 255: the share of 256 that a mark over it has, and the opacity of both. */
function mixing(opacity) {
  if (!mixes.has(opacity)) {
    const before = Array.from({ length: 256 }, (_, i) => i / 255), both = before.map((below) => opacity + below * (1 - opacity));
    mixes.set(opacity, { share: Uint16Array.from(both, (sum) => Math.round((256 * opacity) / sum)), alpha: Uint8Array.from(both, (sum) => Math.round(255 * sum)) });
  }
  return mixes.get(opacity);
}

/** A color of the style sheet as a pixel at an opacity from 0 to 1, and how it mixes with what is below. */
export function ink(color, opacity) {
  const key = `${color} ${opacity}`;
  if (!known.has(key)) {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = color;
    context.fillRect(0, 0, 1, 1);
    const { data } = context.getImageData(0, 0, 1, 1);
    data[3] = Math.round(255 * opacity);
    known.set(key, { pixel: new Uint32Array(data.buffer)[0], mix: mixing(opacity) });
  }
  return known.get(key);
}

/** The pixels of a cross around its middle: steps right and down, and how much of the pixel it covers. */
function crossed(ratio) {
  const reach = Math.round(CROSS * ratio), steps = Array.from({ length: 2 * reach + 1 }, (_, i) => i - reach);
  const cover = (dx, dy) => Math.min((WIDTH * ratio + 1) / 2 - Math.abs(Math.abs(dx) - Math.abs(dy)) * Math.SQRT1_2, 1);
  return steps.flatMap((dy) => steps.map((dx) => ({ dx, dy, opacity: cover(dx, dy) }))).filter(({ opacity }) => opacity > 0);
}

/** Start a layer over a box, in CSS pixels. It has `square` and `cross`, and `drawOn`, which puts it on a context. */
export function startPoints({ left, top, right, bottom }) {
  const ratio = Math.max(window.devicePixelRatio || 1, 1);
  const width = Math.max(Math.ceil((right - left) * ratio), 1), height = Math.max(Math.ceil((bottom - top) * ratio), 1);
  if (image.width !== width || image.height !== height) {
    image = new ImageData(width, height);
    pixels = new Uint32Array(image.data.buffer);
  } else pixels.fill(0);
  // Two colors of a pixel at once, which have eight bits of room between them.
  const put = (at, color, { share, alpha }) => {
    const below = pixels[at], opacity = below >>> 24, a = share[opacity], b = 256 - a;
    const outer = ((color & 0xff00ff) * a + (below & 0xff00ff) * b + 0x800080) >>> 8;
    const inner = ((color & 0xff00) * a + (below & 0xff00) * b + 0x8000) >>> 8;
    pixels[at] = (outer & 0xff00ff) | (inner & 0xff00) | (alpha[opacity] << 24);
  };
  const square = (x, y, half, shade) => {
    const side = Math.max(Math.round(2 * half * ratio), 1), first = Math.round((x - left - half) * ratio), lowest = Math.round((y - top - half) * ratio);
    const end = Math.min(first + side, width);
    for (let py = Math.max(lowest, 0); py < Math.min(lowest + side, height); py++) {
      for (let at = py * width + Math.max(first, 0); at < py * width + end; at++) {
        if (pixels[at] === 0) pixels[at] = shade.pixel;
        else put(at, shade.pixel, shade.mix);
      }
    }
  };
  const stamp = crossed(ratio).map((each) => ({ ...each, mix: mixing(each.opacity) }));
  const cross = (x, y, shade) => {
    const cx = Math.round((x - left) * ratio), cy = Math.round((y - top) * ratio);
    for (const { dx, dy, opacity, mix } of stamp) {
      const px = cx + dx, py = cy + dy, at = py * width + px;
      if (px < 0 || px >= width || py < 0 || py >= height) continue;
      if (opacity === 1) pixels[at] = shade.pixel;
      else put(at, shade.pixel, mix);
    }
  };
  const drawOn = (target) => {
    if (layer.width !== width || layer.height !== height) Object.assign(layer, { width, height });
    context.putImageData(image, 0, 0);
    target.drawImage(layer, left, top, width / ratio, height / ratio);
  };
  return { square, cross, drawOn };
}
