// From a decoded picture to boxes around a network that is run elsewhere, written for speed: typed
// arrays made once, one pass from BGR bytes to the network's planes. Same arithmetic as Gondola's:
// letterbox of the Ultralytics family, OpenCV's 8-bit bilinear resizing, class-aware NMS.

const kPadding = 114;
const kBits = 11; // fixed point of the weights, as in OpenCV
const kOne = 1 << kBits;

function roundHalfEven(value) {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

export function planLetterbox(width, height, size) {
  const gain = Math.min(size / width, size / height);
  const resizedWidth = Math.max(1, roundHalfEven(width * gain));
  const resizedHeight = Math.max(1, roundHalfEven(height * gain));
  const before = (resized) => roundHalfEven((size - resized) / 2 - 0.1);
  return { gain, resizedWidth, resizedHeight, left: before(resizedWidth), top: before(resizedHeight) };
}

// For every target place along one side: the two source places and their weights in fixed point.
function planAxis(source, target) {
  const scale = source / target;
  const first = new Int32Array(target);
  const second = new Int32Array(target);
  const firstWeight = new Int32Array(target);
  const secondWeight = new Int32Array(target);
  for (let i = 0; i < target; ++i) {
    const place = Math.fround((i + 0.5) * scale - 0.5);
    let low = Math.floor(place);
    let share = Math.fround(place - low);
    if (low < 0) [low, share] = [0, 0];
    if (low >= source - 1) [low, share] = [source - 1, 0];
    first[i] = low;
    second[i] = Math.min(low + 1, source - 1);
    firstWeight[i] = roundHalfEven(Math.fround(1 - share) * kOne);
    secondWeight[i] = roundHalfEven(share * kOne);
  }
  return { first, second, firstWeight, secondWeight };
}

export class Preprocessor {
  constructor(width, height, size) {
    this.width = width;
    this.size = size;
    this.plan = planLetterbox(width, height, size);
    this.columns = planAxis(width, this.plan.resizedWidth);
    this.rows = planAxis(height, this.plan.resizedHeight);
    this.asUnit = Float32Array.from({ length: 256 }, (_, byte) => byte / 255);
    this.planes = new Float32Array(3 * size * size).fill(this.asUnit[kPadding]);
    this.resizedRows = [0, 1].map(() => ({ row: -1, values: new Int32Array(3 * this.plan.resizedWidth) }));
  }

  // A source row at the target's width, in fixed point; the last two are remembered.
  resizedRow(bgr, row, keep) {
    const [a, b] = this.resizedRows;
    if (a.row === row) return a;
    if (b.row === row) return b;
    const target = a === keep ? b : a;
    target.row = row;
    const { first, second, firstWeight, secondWeight } = this.columns;
    const { values } = target;
    const start = 3 * row * this.width;
    for (let x = 0, out = 0; x < first.length; ++x) {
      const p = start + 3 * first[x];
      const q = start + 3 * second[x];
      const wp = firstWeight[x];
      const wq = secondWeight[x];
      values[out++] = bgr[p] * wp + bgr[q] * wq;
      values[out++] = bgr[p + 1] * wp + bgr[q + 1] * wq;
      values[out++] = bgr[p + 2] * wp + bgr[q + 2] * wq;
    }
    return target;
  }

  // BGR bytes to [3][size][size] RGB in 0..1. The padding was written once and for all.
  run(bgr) {
    const { size, planes, asUnit } = this;
    const { resizedWidth, resizedHeight, left, top } = this.plan;
    const { first, second, firstWeight, secondWeight } = this.rows;
    for (const cached of this.resizedRows) cached.row = -1;
    for (let y = 0; y < resizedHeight; ++y) {
      const upper = this.resizedRow(bgr, first[y], null);
      const lower = this.resizedRow(bgr, second[y], upper);
      const a = upper.values;
      const b = lower.values;
      const wa = firstWeight[y];
      const wb = secondWeight[y];
      let red = (top + y) * size + left;
      let green = red + size * size;
      let blue = green + size * size;
      for (let x = 0, i = 0; x < resizedWidth; ++x, i += 3) {
        // The shifts are OpenCV's, so that bytes come out the same.
        planes[blue++] = asUnit[((((wa * (a[i] >> 4)) >> 16) + ((wb * (b[i] >> 4)) >> 16) + 2) >> 2) & 255];
        planes[green++] = asUnit[((((wa * (a[i + 1] >> 4)) >> 16) + ((wb * (b[i + 1] >> 4)) >> 16) + 2) >> 2) & 255];
        planes[red++] = asUnit[((((wa * (a[i + 2] >> 4)) >> 16) + ((wb * (b[i + 2] >> 4)) >> 16) + 2) >> 2) & 255];
      }
    }
    return planes;
  }
}

function iou(a, b) {
  const width = Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1);
  const height = Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1);
  if (width <= 0 || height <= 0) return 0;
  const common = width * height;
  return common / ((a.x2 - a.x1) * (a.y2 - a.y1) + (b.x2 - b.x1) * (b.y2 - b.y1) - common);
}

export class Postprocessor {
  constructor(cells, classes) {
    this.cells = cells;
    this.classes = classes;
    this.best = new Float32Array(cells);
    this.bestClass = new Uint16Array(cells);
  }

  // [4 + classes][cells] to boxes in input pixels, best first.
  run(output, scoreThreshold, iouThreshold) {
    const { cells, classes, best, bestClass } = this;
    best.fill(scoreThreshold);
    for (let c = 0, i = 4 * cells; c < classes; ++c) {
      for (let cell = 0; cell < cells; ++cell, ++i) {
        const score = output[i];
        if (score > scoreThreshold && score > best[cell]) {
          best[cell] = score;
          bestClass[cell] = c;
        }
      }
    }
    const candidates = [];
    for (let cell = 0; cell < cells; ++cell) {
      if (!(best[cell] > scoreThreshold)) continue;
      const x = output[cell];
      const y = output[cells + cell];
      const halfWidth = output[2 * cells + cell] / 2;
      const halfHeight = output[3 * cells + cell] / 2;
      candidates.push({
        classId: bestClass[cell],
        score: best[cell],
        x1: x - halfWidth,
        y1: y - halfHeight,
        x2: x + halfWidth,
        y2: y + halfHeight,
      });
    }
    candidates.sort((a, b) => b.score - a.score);
    const kept = [];
    for (const candidate of candidates) {
      const covered = kept.some((better) => better.classId === candidate.classId && iou(better, candidate) > iouThreshold);
      if (!covered) kept.push(candidate);
    }
    return kept;
  }
}

// Boxes of the network's input as boxes of the picture.
export function toPicture(boxes, plan, width, height) {
  const clip = (value, most) => Math.min(Math.max(value, 0), most);
  return boxes.map((box) => ({
    ...box,
    x1: clip((box.x1 - plan.left) / plan.gain, width),
    y1: clip((box.y1 - plan.top) / plan.gain, height),
    x2: clip((box.x2 - plan.left) / plan.gain, width),
    y2: clip((box.y2 - plan.top) / plan.gain, height),
  }));
}
