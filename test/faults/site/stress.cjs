// Preloaded (-r) into the processes of a gateway under test: does to one process what a bad machine
// would. HOLDFAST_STRESS names a JSON file {"recorder": ["fsync", ...]}, looked at twice a second, so
// that a campaign can begin and end a stress while the gateway runs.
//   fsync  every sync of a file takes 5 s
//   probe  one file is synced every 20 s
//   block  the event loop stands still for 5 s, once
//   cpu    two threads burn processor time
//   gc     40 MB/s of garbage
//   leak   2 MB more on the heap each 50 ms, kept
//   full   each write to a file fails with ENOSPC (not the edges of the emulated line)
const fs = require('node:fs');
const later = require('node:fs/promises');
const os = require('node:os');
const path = require('node:path');
const { setInterval } = require('node:timers');
const { isMainThread, Worker } = require('node:worker_threads');

const STALL_ms = 5000;
const file = process.env.HOLDFAST_STRESS;
const [, program = '', word, name] = process.argv;
const role = word === 'process' ? name : path.basename(program, '.cjs');

/** @type {Set<string>} */
let active = new Set();
const kept = [];
const stand = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

function patch() {
  for (const call of ['fsyncSync', 'fdatasyncSync']) {
    const real = fs[call];
    fs[call] = (fd) => {
      if (active.has('fsync')) stand(STALL_ms);
      return real(fd);
    };
  }
  const full = () =>
    Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  const realWrite = fs.writeSync;
  fs.writeSync = (fd, ...rest) => {
    // The supervisor writes only edges this way; a watchdog device is no disk.
    if (active.has('full') && fd > 2 && role !== 'supervisor') throw full();
    return realWrite(fd, ...rest);
  };
  const realOpen = later.open;
  later.open = (file, flags, ...rest) =>
    active.has('full') && String(flags).startsWith('w')
      ? Promise.reject(full())
      : realOpen(file, flags, ...rest);
}

const repeat = (ms, fn) => setInterval(fn, ms).unref();

function begin(stress) {
  if (stress === 'block') stand(STALL_ms);
  if (stress === 'cpu') {
    const burn = 'for (let x = 1;;) x = Math.sqrt(x + 1);';
    for (let i = 0; i < 2; i += 1)
      kept.push(new Worker(burn, { eval: true, execArgv: [] }).unref());
  }
  if (stress === 'gc') {
    repeat(100, () => {
      const waste = Array.from({ length: 50_000 }, (_, i) => ({ at: i, text: String(i) }));
      if (waste.length === 0) kept.push(waste);
    });
  }
  if (stress === 'leak') {
    repeat(50, () => {
      if (active.has('leak')) kept.push(Array.from({ length: 250_000 }, (_, i) => i + 0.5));
    });
  }
  if (stress === 'probe') {
    const probe = path.join(os.tmpdir(), `holdfast-stress-${process.pid}`);
    repeat(20_000, () => {
      if (!active.has('probe')) return;
      const fd = fs.openSync(probe, 'w');
      fs.fdatasyncSync(fd);
      fs.closeSync(fd);
      fs.rmSync(probe, { force: true });
    });
  }
}

function look() {
  let wanted;
  try {
    wanted = new Set(JSON.parse(fs.readFileSync(file, 'utf8'))[role] ?? []);
  } catch {
    // No file, or half of one: as before.
    return;
  }
  const added = [...wanted].filter((s) => !active.has(s));
  active = wanted;
  for (const stress of added) begin(stress);
}

if (file !== undefined && isMainThread && role !== undefined) {
  patch();
  setInterval(look, 500).unref();
}
