/** What the cases run: the failing disk, and the writers with the product's files or broken ones. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build, type BuildOptions, type Plugin } from 'esbuild';

const ROOT = path.join(__dirname, '..', '..', '..');

export interface Built {
  readonly folder: string;
  readonly disk: string;
  readonly product: string;
  /** The same with plain writes: what the cases must notice. */
  readonly broken: string;
  /** The Node of the product, where it is installed. */
  readonly node: string;
}

/** Each source of durability, and what is left of it in the control. */
const BROKEN: Readonly<Record<string, readonly (readonly [string | RegExp, string])[]>> = {
  'src/io/store/atomic.ts': [
    ["files.open(beside, 'wx', 0o600)", "files.open(file, 'w', 0o600)"],
    ['files.rename(beside, file);', ''],
  ],
  'src/io/store/fileSystem.ts': [['fs.fdatasyncSync(file)', 'undefined']],
  'src/io/store/keptFile.ts': [
    [
      /await this\.files\.writeNew[^;]*;\s*await this\.files\.rename[^;]*;\s*await this\.files\.sync[^;]*;/,
      "await (await import('node:fs/promises')).writeFile(this.file, bytes, beside.slice(0, 0) + 'utf8');",
    ],
  ],
  'firmware/processes/persist.ts': [
    ["open(beside, 'wx', 0o600)", "open(file, 'w', 0o600)"],
    ['await handle.sync();', ''],
    ['await rename(beside, file);', ''],
    ['await folder.sync();', ''],
  ],
  'src/io/keys/keyFile.ts': [
    ['const beside = `${path}.new`;', 'const beside = path;'],
    ['fsyncSync(file);', ''],
    ['fsyncSync(folder);', ''],
  ],
  'src/io/history/history.ts': [
    [
      'journal_mode = WAL; PRAGMA synchronous = NORMAL',
      'journal_mode = OFF; PRAGMA synchronous = OFF',
    ],
  ],
};

/** A control that breaks nothing would prove nothing: a text that is not found is an error. */
const breaking: Plugin = {
  name: 'breaking',
  setup(b) {
    b.onLoad({ filter: /\/(atomic|fileSystem|keptFile|persist|keyFile|history)\.ts$/ }, (args) => {
      const name = path.relative(ROOT, args.path);
      const changes = BROKEN[name];
      if (changes === undefined) return undefined;
      let contents = readFileSync(args.path, 'utf8');
      for (const [from, to] of changes) {
        const next = contents.replace(from, to);
        if (next === contents) throw new Error(`${name} has no "${String(from)}" to break`);
        contents = next;
      }
      return { contents, loader: 'ts' };
    });
  },
};

let built: Promise<Built | string> | undefined;

/** Builds once; a sentence when something that is needed is not on this machine. */
export function buildOnce(): Promise<Built | string> {
  built ??= buildAll();
  return built;
}

async function buildAll(): Promise<Built | string> {
  const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-durability-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const disk = path.join(folder, 'failingDisk.so');
  const compiler = process.env['CC'] ?? 'cc';
  const source = path.join(__dirname, 'failingDisk.c');
  try {
    const flags = ['-shared', '-fPIC', '-O1', '-o', disk, source, '-ldl', '-lpthread'];
    execFileSync(compiler, flags, { stdio: 'pipe' });
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0] : 'unknown';
    return `the failing disk needs a C compiler on Linux (${compiler}): ${why ?? ''}`;
  }
  const common = {
    entryPoints: [path.join(__dirname, 'child.ts')],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    external: ['bufferutil', 'utf-8-validate', '@serialport/*'],
    logLevel: 'error',
  } satisfies BuildOptions;
  const [product, broken] = [path.join(folder, 'child.cjs'), path.join(folder, 'broken.cjs')];
  await build({ ...common, outfile: product });
  await build({ ...common, outfile: broken, plugins: [breaking] });
  const own = path.join(ROOT, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node');
  return { folder, disk, product, broken, node: existsSync(own) ? own : process.execPath };
}
