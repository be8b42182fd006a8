import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { Calendar, onSteps, readPriceFile, siteHistory } from '../../../src/planning';

const HOUR_ms = 3_600_000;
const DAY_ms = 24 * HOUR_ms;
const at = (text: string): number => Date.parse(text);

describe('calendar of a site', () => {
  const paris = new Calendar('Europe/Paris', ['2027-07-14']);

  it('has its midnights where people have them, also on days of 23 and 25 hours', () => {
    assert.equal(paris.midnight_ms(at('2027-01-15T10:00Z')), at('2027-01-14T23:00Z'));
    assert.equal(paris.midnight_ms(at('2027-07-15T10:00Z')), at('2027-07-14T22:00Z'));
    const spring = [0, 1].map((d) => paris.midnight_ms(at('2027-03-28T12:00Z'), d));
    assert.equal((spring[1] ?? 0) - (spring[0] ?? 0), 23 * HOUR_ms);
    const autumn = [0, 1].map((d) => paris.midnight_ms(at('2027-10-31T12:00Z'), d));
    assert.equal((autumn[1] ?? 0) - (autumn[0] ?? 0), 25 * HOUR_ms);
  });

  it('knows the kind of a day and the declared holidays', () => {
    const kinds = ['2027-07-13', '2027-07-14', '2027-07-17', '2027-07-18'].map((d) =>
      paris.kindAt(at(`${d}T12:00Z`)),
    );
    assert.deepEqual(kinds, ['working', 'sunday', 'saturday', 'sunday']);
    assert.equal(paris.monthStart_ms(at('2027-07-20T12:00Z')), at('2027-06-30T22:00Z'));
  });

  it('never loses or repeats a day, in any zone and year', () => {
    const zones = ['UTC', 'Europe/Paris', 'America/Sao_Paulo', 'Australia/Lord_Howe', 'Asia/Tokyo'];
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: 0, max: 20_000 }),
        fc.integer({ min: 0, max: DAY_ms - 1 }),
        (zone, day, ms) => {
          const calendar = new Calendar(zone);
          const now = day * DAY_ms + ms;
          const today = calendar.midnight_ms(now);
          const next = calendar.midnight_ms(now, 1);
          assert(today <= now && now < next, `${zone} ${new Date(now).toISOString()}`);
          assert.equal(calendar.midnight_ms(next), next);
        },
      ),
      { seed: 31, numRuns: 300 },
    );
  });

  it('lays history on steps; what was not measured stays unknown', () => {
    const midnights = [0, 1].map((d) => paris.midnight_ms(at('2027-01-15T10:00Z'), d));
    const [first = 0] = midnights;
    const samples = [0, 1, 2].map((k) => ({ at_ms: first + k * 5 * 60_000, value: 3 * k }));
    const steps = onSteps([...samples, { at_ms: first + 26 * HOUR_ms, value: 7 }], midnights, 96);
    assert.deepEqual([steps[0], steps[1], steps[96 + 8]], [3, NaN, 7]);
    const history = siteHistory(paris, midnights, 96, { load_kW: steps, sun_kW: steps });
    assert.deepEqual([0, 1, 2].map(history.dayKind), ['working', 'saturday', 'sunday']);
  });
});

describe('price file', () => {
  it('reads begin and price, whatever stands between, and says which line it cannot', () => {
    const text = 'time,zone,price\n2027-01-31T13:00Z,FR,58.2\n2027-01-31 14:00+01:00;-3\nnoon,4\n';
    const { points, findings } = readPriceFile(text);
    assert.deepEqual(points, [
      { start_ms: at('2027-01-31T13:00Z'), price: 58.2 },
      { start_ms: at('2027-01-31T13:00Z'), price: -3 },
    ]);
    assert.deepEqual(findings, ['line 4: "noon,4" is no price']);
  });

  it('takes no local time without an offset, and nothing from an empty file', () => {
    assert.equal(readPriceFile('h,p\n2027-01-31T13:00,5\n').points.length, 0);
    assert.match(readPriceFile('').findings[0] ?? '', /no price at all/);
  });

  it('takes decimal commas between semicolons, and never reads them as two columns', () => {
    const { points, findings } = readPriceFile(
      '\uFEFF2027-01-31T13:00Z;58,20\n2027-01-31T14:00Z;1.234,5\n',
    );
    assert.deepEqual(points, [{ start_ms: at('2027-01-31T13:00Z'), price: 58.2 }]);
    assert.equal(findings.length, 1);
  });

  it('says when prices look like a price per kWh, and when it has not read all', () => {
    const lines = (n: number, price: number): string =>
      Array.from({ length: n }, (_, k) => {
        const time = new Date(at('2027-01-01T00:00Z') + k * 900_000).toISOString();
        return `${time.slice(0, 16)}Z,${price}`;
      }).join('\n');
    assert.match(readPriceFile(lines(96, 0.31)).findings.join(), /per kWh\?/);
    assert.deepEqual(readPriceFile(lines(96, 31)).findings, []);
    const long = readPriceFile(lines(40_001, 31));
    assert.equal(long.points.length, 40_000);
    assert.match(long.findings.join(), /only the first 40000 lines/);
    assert.deepEqual(readPriceFile(`${lines(40_000, 31)}\n`).findings, []);
  });

  it('shows nothing of a binary file that a terminal would act upon', () => {
    const { findings } = readPriceFile('x\n\u001b[2J\u0007\u0000,\u009b3m\n');
    assert.match(findings.join(''), /^\P{Cc}*$/u);
    assert.equal(findings.length, 2);
  });

  it('never throws on any text', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 400 }), (text) => {
        for (const p of readPriceFile(text).points) assert(Number.isFinite(p.price));
      }),
      { seed: 32 },
    );
  });
});
