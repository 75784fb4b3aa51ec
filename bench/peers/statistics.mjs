// The number below which a share (0..1) of the numbers lies, between neighbours where need be.
export function quantile(numbers, share) {
  const sorted = Float64Array.from(numbers).sort();
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)];
  return below + (place % 1) * (sorted[Math.ceil(place)] - below);
}

export const median = (numbers) => quantile(numbers, 0.5);

// What every peer prints of its milliseconds.
export function summary(milliseconds) {
  return {
    median: median(milliseconds),
    p10: quantile(milliseconds, 0.1),
    p90: quantile(milliseconds, 0.9),
    min: quantile(milliseconds, 0),
  };
}

// Milliseconds of `runs` calls after `warmup` unmeasured ones.
export async function timeCalls({ warmup, runs }, call) {
  for (let i = 0; i < warmup; ++i) await call();
  const milliseconds = [];
  for (let i = 0; i < runs; ++i) {
    const start = process.hrtime.bigint();
    await call();
    milliseconds.push(Number(process.hrtime.bigint() - start) / 1e6);
  }
  return milliseconds;
}
