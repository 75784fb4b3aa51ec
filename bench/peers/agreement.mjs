// Detections as `gondola detect --csv -` prints them. The last columns are looked up by name, and
// paths with commas are quoted, so the numbers are counted from the end.
export function parseCsv(text) {
  const [head, ...lines] = text.trim().split('\n');
  const names = head.split(',');
  return lines.map((line) => {
    const fields = line.split(',');
    const number = (name) => Number(fields[fields.length - names.length + names.indexOf(name)]);
    return {
      classId: number('class'),
      score: number('score'),
      x1: number('x1'),
      y1: number('y1'),
      x2: number('x2'),
      y2: number('y2'),
    };
  });
}

const largestSide = (a, b) => Math.max(...['x1', 'y1', 'x2', 'y2'].map((side) => Math.abs(a[side] - b[side])));

// Pairs each box with the nearest one of its class, each used once.
//
// Returns how many boxes are on either side, how many found a partner within 10 pixels, and the
// largest differences among the pairs: pixels, score.
export function largestDifference(boxes, others) {
  const free = new Set(others);
  let pairs = 0;
  let pixels = 0;
  let score = 0;
  for (const box of boxes) {
    let nearest = null;
    for (const other of free) {
      if (other.classId !== box.classId) continue;
      if (nearest === null || largestSide(box, other) < largestSide(box, nearest)) nearest = other;
    }
    if (nearest === null || largestSide(box, nearest) > 10) continue;
    free.delete(nearest);
    ++pairs;
    pixels = Math.max(pixels, largestSide(box, nearest));
    score = Math.max(score, Math.abs(box.score - nearest.score));
  }
  return { boxes: boxes.length, others: others.length, pairs, pixels, score };
}
