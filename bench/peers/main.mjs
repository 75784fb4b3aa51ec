// Runs every peer in turn, round after round, and prints how they compare. Started by `run`.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { largestDifference, parseCsv } from './agreement.mjs';
import { median } from './statistics.mjs';
import { agreementTable, networkTable, pipelineTable } from './tables.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const repository = resolve(here, '../..');
const shared = process.env.GONDOLA_SHARED ?? join(repository, '../shared');

const kHelp = `usage: bench/peers/run --model NAME|FILE [options]

  --model NAME|FILE   what gondola --model takes, in float32
  --int8 FILE         the same network after gondola quantize, for --precision int8
  --precision LIST    of Gondola: fp32, bf16, int8, separated by commas (fp32)
  --size N            side of the square network input in pixels (640)
  --batch N           pictures per run (1)
  --threads N         of every peer (2)
  --rounds N          how often the peers take turns (5)
  --runs N            measured runs per round (50)
  --picture FILE      for the whole way from picture to boxes (shared/golden/bus.jpg, if there)
  --onnx FILE         an ONNX file of the same network instead of Gondola's export
  --build DIR         where Gondola is built (build/release)
  --json FILE         everything that was measured
`;

function fail(message, code = 1) {
  console.error(`bench/peers/run: ${message}`);
  process.exit(code);
}

function readOptions() {
  const text = (value) => ({ type: 'string', default: value });
  try {
    return parseArgs({
      options: {
        help: { type: 'boolean' },
        model: text(),
        int8: text(),
        precision: text('fp32'),
        size: text('640'),
        batch: text('1'),
        threads: text('2'),
        rounds: text('5'),
        runs: text('50'),
        picture: text(),
        onnx: text(),
        build: text(join(repository, 'build/release')),
        json: text(),
      },
    }).values;
  } catch (error) {
    return fail(`${error.message}; see --help`, 2);
  }
}

const options = readOptions();
if (options.help) {
  process.stdout.write(kHelp);
  process.exit(0);
}
if (!options.model) fail('--model NAME|FILE is missing; see --help', 2);
for (const name of ['size', 'batch', 'threads', 'rounds', 'runs']) {
  if (!/^[1-9]\d*$/.test(options[name])) fail(`--${name} ${options[name]}: expected a whole number above 0`, 2);
}
const precisions = options.precision.split(',');
for (const precision of precisions) {
  if (!['fp32', 'bf16', 'int8'].includes(precision)) fail(`--precision ${precision}: expected fp32, bf16, int8`, 2);
}
if (precisions.includes('int8') && !options.int8) fail('--precision int8 needs --int8 FILE, made by gondola quantize', 2);
const gondola = join(options.build, 'app/gondola');
if (!existsSync(gondola)) fail(`${gondola} is not there; build Gondola (scripts/build) or name its folder with --build`);
const picture = options.picture ?? [join(shared, 'golden/bus.jpg')].find(existsSync);

const scratch = mkdtempSync(join(tmpdir(), 'gondola-peers-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
process.on('SIGINT', () => process.exit(130));

// What a program prints; throws with the last line of its complaint.
function output(program, args) {
  const result = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 26 });
  if (result.error) throw result.error;
  if (result.status !== 0) throw new Error(result.stderr.trim().split('\n').pop() || `${program} failed`);
  return result.stdout;
}

function orFail(action) {
  try {
    return action();
  } catch (error) {
    return fail(error.message);
  }
}

const modelOf = (precision) => (precision === 'int8' ? options.int8 : options.model);

function runGondola(precision) {
  const file = join(scratch, 'bench.json');
  const args = ['bench', '--model', modelOf(precision), '--precision', precision, '--imgsz', options.size];
  args.push('--batch', options.batch, '--threads', options.threads, '--runs', options.runs, '--json', file);
  output(gondola, picture ? [...args, '--picture', picture] : args);
  return JSON.parse(readFileSync(file, 'utf8')).results[0];
}

const common = ['--size', options.size, '--batch', options.batch, '--threads', options.threads, '--runs', options.runs];
const peerProgram = (name) => join(options.build, 'bench/peers', name);

function runProgram(name, model) {
  if (!existsSync(peerProgram(name))) throw new Error(`${peerProgram(name)} is not built`);
  return JSON.parse(output(peerProgram(name), [model, ...common]));
}

// oneDNN takes its threads from OpenMP.
function runFloor(precision) {
  const program = peerProgram('peer_onednn');
  if (!existsSync(program)) throw new Error(`${program} is not built`);
  process.env.OMP_NUM_THREADS = options.threads;
  return JSON.parse(output(program, [precision, options.model, ...common]));
}

function runOnnxRuntime(...more) {
  return JSON.parse(output(process.execPath, [join(here, 'peer_onnxruntime.mjs'), onnx, ...common, ...more]));
}

const onnx = options.onnx ?? join(scratch, 'model.onnx');
if (!options.onnx) {
  const args = ['convert', options.model, onnx, '--imgsz', options.size, '--batch', options.batch, '--quiet'];
  orFail(() => output(gondola, args));
}

const peers = precisions.map((precision) => ({ name: `Gondola ${precision}`, run: () => runGondola(precision) }));
peers.push({ name: 'ONNX Runtime', run: () => runOnnxRuntime() });
if (picture && options.batch === '1' && existsSync(peerProgram('decoded_picture'))) {
  const bgr = join(scratch, 'picture.bgr');
  const { width, height } = JSON.parse(orFail(() => output(peerProgram('decoded_picture'), [picture, bgr])));
  peers.push({ name: 'ONNX Runtime, picture to boxes', run: () => runOnnxRuntime('--picture', `${bgr}:${width}x${height}`) });
}
peers.push({ name: 'OpenCV DNN', run: () => runProgram('peer_opencv', onnx) });
for (const precision of options.batch === '1' ? precisions : []) {
  peers.push({ name: `floor, oneDNN ${precision}`, run: () => runFloor(precision) });
}
peers.push({ name: 'LibTorch', run: () => runProgram('peer_libtorch', options.model) });

// Each round starts every peer anew: processes find themselves in different states of the machine,
// and what is measured one after the other shares its slow and fast minutes.
for (const peer of peers) peer.rounds = [];
for (let round = 1; round <= Number(options.rounds); ++round) {
  for (const peer of peers) {
    if (peer.problem) continue;
    if (process.stderr.isTTY) process.stderr.write(`\rround ${round} of ${options.rounds}: ${peer.name}\x1b[K`);
    try {
      peer.rounds.push(peer.run());
    } catch (error) {
      peer.problem = error.message;
    }
  }
}
if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
for (const peer of peers) if (peer.problem) console.error(`${peer.name} left out: ${peer.problem}`);
const measured = peers.filter((peer) => !peer.problem);

function medians(peer, key) {
  return peer.rounds.map((round) => round[key].median);
}

// A peer's time is the median of its rounds' medians. ONNX Runtime, the yardstick, is taken at its
// best round, because it is in a slower mode in some of its processes.
function compare(rows) {
  const yardstick = rows.find((row) => row.name.startsWith('ONNX Runtime'));
  const reference = yardstick && Math.min(...yardstick.rounds);
  return rows.map((row) => ({
    ...row,
    median: median(row.rounds),
    best: Math.min(...row.rounds),
    worst: Math.max(...row.rounds),
    ratio: reference && median(row.rounds) / reference,
  }));
}

const network = compare(
  measured
    .filter((peer) => !peer.name.endsWith('boxes'))
    .map((peer) => ({ name: peer.name, rounds: medians(peer, 'network_ms'), layout: peer.rounds[0].layout })),
);
const whole = measured.find((peer) => peer.name.endsWith('boxes'));
const pipeline = whole
  ? compare(
      measured
        .filter((peer) => peer === whole || peer.name.startsWith('Gondola'))
        .map((peer) => ({
          name: peer === whole ? 'ONNX Runtime, JavaScript around it' : peer.name,
          rounds: medians(peer, 'all_ms'),
          preprocess: median(peer.rounds.map((round) => round.preprocess_ms)),
          postprocess: median(peer.rounds.map((round) => round.postprocess_ms)),
        })),
    )
  : [];

// Boxes of the picture, Gondola's beside ONNX Runtime's.
const agreement = whole
  ? precisions.map((precision) => {
      const args = ['detect', picture, '--model', modelOf(precision), '--precision', precision, '--imgsz', options.size];
      args.push('--conf', '0.25', '--iou', '0.7', '--csv', '-', '--quiet');
      const boxes = parseCsv(orFail(() => output(gondola, args)));
      return { name: `Gondola ${precision}`, ...largestDifference(boxes, whole.rounds[0].detections) };
    })
  : [];

console.log(`${options.model}, ${options.size}x${options.size}, batch ${options.batch}, ${options.threads} threads, ` +
  `${options.rounds} rounds of ${options.runs} runs`);
console.log(`\nnetwork, ms a picture\n${networkTable(network)}`);
if (whole) {
  console.log(`\ndecoded picture to boxes, ms\n${pipelineTable(pipeline)}`);
  console.log(`\nboxes of ${picture} against ONNX Runtime's\n${agreementTable(agreement)}`);
}
if (options.json) {
  const record = { options: { ...options, precision: precisions }, network, pipeline, agreement, rounds: measured };
  writeFileSync(options.json, `${JSON.stringify(record, null, 1)}\n`);
}
