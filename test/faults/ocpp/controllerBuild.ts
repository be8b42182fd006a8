import path from 'node:path';
import { build } from 'esbuild';

/** Bundles the controller process of the kill tests; the result is its script. */
export async function buildController(folder: string): Promise<string> {
  const script = path.join(folder, 'controller.cjs');
  await build({
    entryPoints: [path.join(__dirname, 'controllerChild.ts')],
    outfile: script,
    bundle: true,
    platform: 'node',
    target: 'node20',
    external: ['bufferutil', 'utf-8-validate', '@serialport/*'],
    logLevel: 'error',
  });
  return script;
}
