import { copyFileSync, cpSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { verifierDir } from '@nearhit/verifier';

const ONNX = fileURLToPath(new URL('../../packages/embedding/fixtures/joint-test.onnx', import.meta.url));

/**
 * A folder of the bundled verifier with a network besides (fixtures/joint-test.py), asked about every pair; with this
 * intercept (in logits) its word refuses or accepts them all. Whoever makes it removes it.
 */
export function verifierFolder(version: string, intercept: number): string {
  const dir = mkdtempSync(join(tmpdir(), 'nearhit-verifier-'));
  for (const file of ['lexicon.bin', 'trees.json', 'prior.json']) cpSync(join(verifierDir, file), join(dir, file));
  copyFileSync(ONNX, join(dir, 'joint.onnx'));
  const weights = { trees: 0.5, network: 0.1, intercept };
  const joint = { version, fusion: { asked: weights, stated: weights }, grey: { from: 0, to: 1 }, tokensMax: 64 };
  writeFileSync(join(dir, 'joint.json'), JSON.stringify(joint));
  return dir;
}
