// ONNX Runtime from the folder that `run` installed it in.
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(join(process.env.GONDOLA_PEERS_MODULES ?? process.cwd(), 'any.js'));
export const ort = require('onnxruntime-node');

export function openSession(model, threads) {
  return ort.InferenceSession.create(model, {
    executionProviders: ['cpu'],
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
  });
}
