/** What is wrong now, as conditions for `alarm`: one function over the facts of one cycle. Pure. */
import type { Condition } from '../alarm';
import type { SiteState } from '../model';
import type { StationCondition } from '../ocpp';
import type { ModeState } from '../mode';
import { GRID, type Site } from '../site';
import { maxPhase } from '../units';
import type { GridWatch } from './gridWatch';
import type { OverdrawState } from './overdraw';
import type { PlanMessage } from './planMessages';
import type { SupervisorStatus } from './ports';

export interface ConditionFacts {
  readonly site: Site;
  readonly state: SiteState;
  readonly grid: GridWatch;
  readonly mode: ModeState;
  readonly overdraw: OverdrawState;
  readonly stationsSilent: boolean;
  readonly supervisor: SupervisorStatus;
  readonly plan?: Pick<PlanMessage, 'bias' | 'offPlan' | 'review'>;
  readonly uplinkDown: boolean;
  /** By device: why its last write is not proved, and for how long, ms. */
  readonly unproved: ReadonlyMap<string, { readonly why: string; readonly for_ms: number }>;
  readonly identity: ReadonlyMap<string, string>;
  readonly frozen: ReadonlySet<string>;
  /** By device: why it does not answer any more. Told before its values are too old to be used. */
  readonly gone: ReadonlyMap<string, string>;
  /** Load that nobody admits, above the declared base load, A. */
  readonly mismatch_A?: number;
  readonly overrun_ms?: number;
  /** Why a stop contact is active, in words. */
  readonly stopWhy: string;
  /** Just started: what was never heard of may still be on its way. */
  readonly starting?: boolean;
  /** By device: what would happen at the end of its lease, where it is not what was written. */
  readonly expiry?: ReadonlyMap<string, string>;
  /** Drills that failed or were not repeated. */
  readonly drills?: readonly Condition[];
  /** Why ten minutes of energy contradict the grid meter. */
  readonly meterEnergy?: string;
  /** What the process `stations` reports of gate and sessions. */
  readonly ocpp: readonly StationCondition[];
}

/** A write may take this long before it is an alarm. */
const UNPROVED_ms = 3000;

/** Alarms about parts that were not heard of: no alarm before they can have answered. */
const SILENCE: ReadonlySet<Condition['id']> = new Set([
  'meter-silent',
  'device-silent',
  'stations-silent',
  'station-offline',
  'supervisor-silent',
  'uplink-down',
]);

/** Pure. */
export function conditionsOf(f: ConditionFacts): readonly Condition[] {
  const out: Condition[] = [];
  const add = (id: Condition['id'], subject: string, text: string): void => {
    out.push({ id, subject, text });
  };
  const meter = f.site.gridMeter.id;
  for (const [id, why] of f.gone) add(id === meter ? 'meter-silent' : 'device-silent', id, why);
  if (f.grid.health === 'silent') add('meter-silent', meter, f.grid.why);
  if (f.grid.health === 'frozen') add('meter-frozen', meter, f.grid.why);
  if (f.meterEnergy !== undefined) add('meter-energy', meter, f.meterEnergy);
  else if (f.grid.health === 'implausible') add('meter-implausible', meter, f.grid.why);
  for (const [device, why] of f.identity) add('device-identity', device, why);
  devices(f, add);
  for (const [device, why] of f.expiry ?? []) add('expiry-changed', device, why);
  for (const [device, u] of f.unproved) {
    if (u.for_ms > UNPROVED_ms) add('lease-not-acknowledged', device, u.why);
  }
  for (const [station, o] of f.overdraw) {
    if (!o.isolated) continue;
    const text = `draws ${o.measured_A.toFixed(1)} A, told ${o.told_A.toFixed(1)} A`;
    add('station-overdraw', station, text);
  }
  if (f.stationsSilent)
    add('stations-silent', 'stations', 'the process ended, or no image for 3 s');
  else {
    for (const s of f.state.stations) {
      const image = s.image;
      const offline = image.quality !== 'good' || !image.value.connected;
      if (offline)
        add('station-offline', s.id, image.quality === 'good' ? 'not connected' : image.reason);
    }
  }
  for (const c of f.ocpp) {
    // An isolated station is the worse form of the same thing: one alarm tells it.
    if (c.code === 'station-limit-not-applied' && f.overdraw.get(c.station)?.isolated) continue;
    add(c.code, c.station, c.text);
  }
  system(f, add);
  out.push(...(f.drills ?? []));
  return f.starting === true ? out.filter((c) => !SILENCE.has(c.id)) : out;
}

type Add = (id: Condition['id'], subject: string, text: string) => void;

function devices(f: ConditionFacts, add: Add): void {
  for (const d of [...f.state.bess, ...f.state.pv]) {
    if (d.reading.quality !== 'good') {
      // What does not answer at all is silent, whatever its last answers looked like.
      const frozen = d.reading.quality === 'bad' && f.frozen.has(d.id);
      add(frozen ? 'device-frozen' : 'device-silent', d.id, d.reading.reason);
    }
    if (d.notResponding || d.unproved === true)
      add('device-not-responding', d.id, 'power does not follow the setpoint');
  }
  for (const [id, m] of f.state.meters) {
    if (m.quality !== 'good' && id !== f.site.gridMeter.id) add('device-silent', id, m.reason);
  }
  for (const b of f.state.bess) {
    if (b.reading.quality !== 'good') continue;
    const { state } = b.reading.value;
    if (state === 'backup') add('bess-backup', b.id, 'backup operation');
    if (state === 'off' || state === 'fault') add('bess-off', b.id, `it says "${state}"`);
  }
}

/** Lines by their contacts: stuck, left out on purpose, or one of several dropped by itself. */
function lines(f: ConditionFacts, add: Add): void {
  for (const line of f.supervisor.lines ?? []) {
    if (line.stuck) {
      add('line-stuck', line.id, 'it got no edges and its contact still said energised');
    } else if (line.state === 'dropped' && f.supervisor.line !== 'dropped' && !f.mode.starting) {
      const why = line.leftOut
        ? 'left out: a station on it does not obey or is not verified at its floor, or a drill'
        : 'open';
      add('line-dropped', line.id, why);
    }
  }
}

function system(f: ConditionFacts, add: Add): void {
  for (const node of f.site.nodes) {
    const own = f.site.meters.find((m) => m.node === node.id && m.id !== f.site.gridMeter.id);
    const m = node.id === GRID ? f.state.grid : own && f.state.meters.get(own.id);
    if (m?.quality !== 'good') continue;
    const worst = maxPhase(m.value.current);
    if (worst <= node.import_A) continue;
    add('limit-exceeded', node.id, `${worst.toFixed(1)} A, limit ${node.import_A} A`);
  }
  if (f.mismatch_A !== undefined) {
    const text = `${f.mismatch_A.toFixed(1)} A more than base load and stations explain`;
    add('meter-mismatch', 'grid', text);
  }
  if (!f.supervisor.answers) add('supervisor-silent', 'supervisor', f.supervisor.text);
  else {
    if (f.supervisor.line === 'dropped' && !f.mode.starting) {
      add('line-dropped', 'line', f.supervisor.text);
    }
    lines(f, add);
  }
  if (f.supervisor.latched) {
    const { text } = f.supervisor;
    const why = text === 'fed' ? 'three returns within an hour' : `the supervisor says: ${text}`;
    add('dynamic-latched-off', 'line', why);
  }
  if (f.plan?.bias === true) add('forecast-bias', 'planner', f.plan.review.at(-1) ?? '');
  if (f.plan?.offPlan === true) add('off-plan', 'planner', f.plan.review.slice(1, -1).join('; '));
  if (f.uplinkDown) add('uplink-down', 'cpo', 'no connection to the broker');
  if (f.state.emergencyStop) add('emergency-stop', 'site', f.stopWhy);
  else if (f.mode.stopUnacknowledged) add('emergency-stop', 'site', 'not acknowledged on site');
  if (f.overrun_ms !== undefined)
    add('cycle-overrun', 'cycle', `${f.overrun_ms.toFixed(0)} ms late`);
}
