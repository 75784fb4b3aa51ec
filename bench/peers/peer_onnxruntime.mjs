// Times an ONNX file in ONNX Runtime: the network alone with random input, or with --picture from
// decoded BGR bytes to final boxes. Prints one line of JSON, milliseconds per picture.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { openSession, ort } from './onnxruntime.mjs';
import { Postprocessor, Preprocessor, toPicture } from './pipeline.mjs';
import { median, summary, timeCalls } from './statistics.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: 'string', default: '640' },
    batch: { type: 'string', default: '1' },
    threads: { type: 'string', default: '2' },
    warmup: { type: 'string', default: '5' },
    runs: { type: 'string', default: '50' },
    picture: { type: 'string' }, // FILE.bgr:WIDTHxHEIGHT
    conf: { type: 'string', default: '0.25' },
    iou: { type: 'string', default: '0.7' },
  },
});
const size = Number(values.size);
const batch = Number(values.batch);
const repeats = { warmup: Number(values.warmup), runs: Number(values.runs) };
const session = await openSession(positionals[0], Number(values.threads));
const [inputName] = session.inputNames;
const [outputName] = session.outputNames;

async function timeNetwork() {
  const pixels = Float32Array.from({ length: batch * 3 * size * size }, Math.random);
  const feeds = { [inputName]: new ort.Tensor('float32', pixels, [batch, 3, size, size]) };
  const milliseconds = await timeCalls(repeats, () => session.run(feeds));
  return { network_ms: summary(milliseconds.map((ms) => ms / batch)) };
}

async function timePipeline() {
  const [, file, width, height] = values.picture.match(/^(.*):(\d+)x(\d+)$/);
  const bgr = readFileSync(file);
  const preprocessor = new Preprocessor(Number(width), Number(height), size);
  const feeds = { [inputName]: new ort.Tensor('float32', preprocessor.planes, [1, 3, size, size]) };
  const { dims } = (await session.run(feeds))[outputName];
  const postprocessor = new Postprocessor(dims[2], dims[1] - 4);
  const now = () => Number(process.hrtime.bigint()) / 1e6;
  const stages = { preprocess: [], network: [], postprocess: [] };
  let detections = [];
  const milliseconds = await timeCalls(repeats, async () => {
    const start = now();
    preprocessor.run(bgr);
    const prepared = now();
    const { data } = (await session.run(feeds))[outputName];
    const computed = now();
    const boxes = postprocessor.run(data, Number(values.conf), Number(values.iou));
    detections = toPicture(boxes, preprocessor.plan, Number(width), Number(height));
    stages.preprocess.push(prepared - start);
    stages.network.push(computed - prepared);
    stages.postprocess.push(now() - computed);
  });
  const measured = (times) => median(times.slice(repeats.warmup));
  return {
    all_ms: summary(milliseconds),
    preprocess_ms: measured(stages.preprocess),
    network_ms: measured(stages.network),
    postprocess_ms: measured(stages.postprocess),
    detections,
  };
}

console.log(JSON.stringify(values.picture ? await timePipeline() : await timeNetwork()));
