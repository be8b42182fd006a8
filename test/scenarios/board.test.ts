import { strict as assert } from 'node:assert';
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
  openSync,
  closeSync,
} from 'node:fs';
import path from 'node:path';
import { ask } from '../../firmware/cli/live';
import { systemClock } from '../../src/io/clock';
import { buildGpioLine, compiler } from '../unit/gpio-line/fakeChip';
import { type Gateway, startGateway, until } from './gateway';

const LAPTOP = path.join(__dirname, '..', '..', 'boards', 'laptop');
/** A chip must lie below /dev; this is memory. */
const SHM = '/dev/shm';

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function raised(g: Gateway): boolean {
  const now = systemClock.now();
  return g.site.stations.some((s) => {
    const current = g.sim.stations.station(s.id)?.trueCurrent_A(now) ?? [0, 0, 0];
    return current.some((a) => a > s.static_A + 0.6);
  });
}

async function snapshot(g: Gateway): Promise<string> {
  return JSON.stringify((await ask(g.socket, 'snapshot', null))?.get('snapshot'));
}

async function untilShown(
  g: Gateway,
  limit_ms: number,
  wanted: RegExp,
  again: () => Promise<unknown> = () => Promise.resolve(),
): Promise<void> {
  const end = performance.now() + limit_ms;
  for (;;) {
    await again();
    if (wanted.test(await snapshot(g))) return;
    if (performance.now() > end) throw new Error(`not within ${limit_ms} ms: ${wanted.source}`);
    await wait(200);
  }
}

async function missingLine(): Promise<void> {
  const g = await startGateway({ seed: 5, extra: ['--line', 'watchdog:/dev/holdfast-none'] });
  try {
    await until('it is said', 10_000, () => g.log().includes('does not exist: check the overlay'));
    await wait(12_000);
    assert.equal(raised(g), false);
    assert.match(await snapshot(g), /"mode":"static"/);
    assert.match(await snapshot(g), /holdfast-none does not exist/);
  } finally {
    await g.stop();
  }
}

/** Lines of the fake chip: the fire contact, and the feedback contact of the relay. */
const [FIRE, FEEDBACK] = [0, 1];

/** The laptop with its line, the feedback contact and a fire contact on a chip of GPIO lines. */
class ChipBoard {
  readonly folder = mkdtempSync(path.join(SHM, 'holdfast-'));
  readonly edges = path.join(this.folder, 'edges');
  readonly file = path.join(this.folder, 'board.yaml');
  private readonly chip = path.join(this.folder, 'chip');
  private timer: NodeJS.Timeout | undefined;

  constructor(cc: string) {
    const program = buildGpioLine(cc, this.folder, 'fake');
    writeFileSync(this.edges, '');
    writeFileSync(this.chip, '10');
    const input = (offset: number): string => `gpio-in:${program}:${this.chip}:${offset}`;
    const line = `gpio:${program}:${this.edges}:17,${input(FEEDBACK)}`;
    const fire = `  - { id: fire, role: fire, backEnd: '${input(FIRE)}:pull-down', active: open }\n`;
    const laptop = readFileSync(path.join(LAPTOP, 'board.yaml'), 'utf8');
    const text = laptop
      .replace('emulated:holdfast-state/line', line)
      .replace(/(^inputs:\n)/m, `$1${fire}`);
    assert(text.includes(line) && text.includes(fire));
    writeFileSync(this.file, text);
  }

  /** The relay of the simulated site gets the edges, and its contact the line of the chip. */
  connect(g: Gateway): void {
    symlinkSync(this.edges, path.join(g.state, 'line'));
    let last = '0';
    this.timer = setInterval(() => {
      const level = g.line.feedback(systemClock.now()) === 'energised' ? '1' : '0';
      if (level !== last) this.pin(FEEDBACK, level);
      last = level;
    }, 20);
  }

  readonly press = (level: string): void => this.pin(FIRE, level);

  private pin(offset: number, level: string): void {
    const file = openSync(this.chip, 'r+');
    writeSync(file, level, offset);
    closeSync(file);
  }

  close(): void {
    clearInterval(this.timer);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function stopContact(chip: ChipBoard | undefined): Promise<void> {
  const g = await startGateway({ seed: 4, extra: ['--board', chip?.file ?? LAPTOP] });
  chip?.connect(g);
  const file = (level: '0' | '1'): void => writeFileSync(path.join(g.state, 'stop'), level);
  const press = (level: '0' | '1'): void => (chip === undefined ? file : chip.press)(level);
  const stopped = /"mode":"static".*emergency stop not acknowledged/;
  try {
    await until('a station draws more than static', 45_000, () => raised(g));
    const from = performance.now();
    press('0');
    await untilShown(g, 3000, stopped);
    press('1');
    const closed = performance.now();
    await until('true power at static', 14_000 - (closed - from), () => !raised(g));
    await wait(Math.max(0, 12_000 - (performance.now() - closed)));
    assert.match(await snapshot(g), stopped);
    assert.equal(raised(g), false, 'nobody has acknowledged');
    // Each other contact of the board acts by itself: the file, and a chip that is gone.
    for (const act of [() => file('0'), ...(chip === undefined ? [] : [() => chip.press('?')])]) {
      // Refused for as long as a contact is seen open.
      const acknowledge = () => ask(g.socket, 'mode', { wish: 'acknowledge-stop', who: 'ann' });
      await untilShown(g, 4000, /^(?!.*not acknowledged)/, acknowledge);
      act();
      await untilShown(g, 3000, stopped);
      file('1');
    }
    assert.deepEqual(g.sim.judge.report().violations, []);
  } finally {
    await g.stop();
  }
}

describe('boards, separate processes', function () {
  this.timeout(90_000);
  // Both wait for vehicles most of the time, so they go side by side.
  const runs = new Map<string, Promise<void>>();
  let chip: ChipBoard | undefined;
  before(() => {
    if (compiler !== undefined && existsSync(SHM)) chip = new ChipBoard(compiler);
    else process.stdout.write('skipped: GPIO lines: no C compiler or no /dev/shm\n');
    for (const [name, run] of Object.entries({
      missingLine,
      stopContact: () => stopContact(chip),
    })) {
      const going = run();
      // A failure is reported by its own test; until then it must not end the runner.
      going.catch(() => undefined);
      runs.set(name, going);
    }
  });
  after(() => chip?.close());

  it('a line that cannot be opened: said, nothing is raised, and the site stays static', async () => {
    await runs.get('missingLine');
  });

  it('a line, its feedback and a stop contact on GPIO lines: raised, then static until acknowledged', async () => {
    await runs.get('stopContact');
  });
});
