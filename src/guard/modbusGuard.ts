import type { WritableRange, WritableValue } from '../device';
import { functionCodeOf, isWrite, type PduRequest, quantityOf, type WriteRequest } from '../modbus';
import type { Mode } from '../model';
import { between, type Instant } from '../time';
import type { ModbusDenyReason, ModbusRule, ModbusRules } from './modbusRules';

export interface ModbusQuestion {
  readonly device: string;
  readonly unit: number;
  readonly source: string;
  readonly request: PduRequest;
  readonly mode: Mode;
  readonly now: Instant;
}

export type ModbusVerdict =
  | { readonly allow: true; readonly rule: string; readonly clears?: boolean }
  | { readonly allow: false; readonly reason: ModbusDenyReason; readonly text: string };

/** Our own control loop; everything else needs rules of its own. */
const OWN_SOURCE = 'site';
/** A technician at the console: reads whatever unit there is, writes nothing. */
export const CONSOLE_SOURCE = 'console';
/** Modes in which a setpoint may be given; in the others only what clears or lowers passes. */
const RAISING_MODES: readonly Mode[] = ['normal', 'service'];
/** Writes of one device within one second: a setpoint of three frames, its retry and a clear. */
const WRITES_PER_SECOND = 12;
const RATE_WINDOW_ms = 1000;

function deny(reason: ModbusDenyReason, text: string): ModbusVerdict {
  return { allow: false, reason, text };
}

/** Judges requests against compiled rules; its only state is the write rate of each device. */
export class ModbusGuard {
  private readonly rules: ModbusRules;
  private readonly writes = new Map<string, Instant[]>();

  constructor(rules: ModbusRules) {
    this.rules = rules;
  }

  /** The verdict on one request, immediately before it is encoded. */
  judge(q: ModbusQuestion): ModbusVerdict {
    if (q.source === CONSOLE_SOURCE) return judgeConsole(q);
    if (q.source !== OWN_SOURCE) return deny('unknown-source', `no rule names source ${q.source}`);
    if (q.unit === 0) return deny('broadcast', 'broadcast reaches devices no rule names');
    const rules = this.rules.get(q.device);
    if (rules === undefined) return deny('unknown-device', `${q.device} is not in the site file`);
    if (rules.device.unit !== q.unit) {
      return deny('wrong-unit', `${q.device} is unit ${rules.device.unit}, not ${q.unit}`);
    }
    if (!isWrite(q.request)) return judgeRead(rules, q.request);
    if (q.request.kind !== 'write') return deny('function', 'coils are not written');
    const verdict = judgeWrite(rules.writes, q.request, q.mode);
    if (!verdict.allow) return verdict;
    // Taking a setpoint back is never refused for being asked too often.
    if (verdict.clears === true) return verdict;
    return this.spendRate(q) ? verdict : deny('rate', `more than ${WRITES_PER_SECOND} writes/s`);
  }

  private spendRate(q: ModbusQuestion): boolean {
    const recent = (this.writes.get(q.device) ?? []).filter(
      (at) => between(at, q.now) < RATE_WINDOW_ms,
    );
    if (recent.length >= WRITES_PER_SECOND) return false;
    this.writes.set(q.device, [...recent, q.now]);
    return true;
  }
}

/** Function codes 1 to 4 of any unit that can be alone on the bus; no rule can widen that. */
function judgeConsole(q: ModbusQuestion): ModbusVerdict {
  if (q.unit === 0) return deny('broadcast', 'broadcast reaches devices no rule names');
  if (isWrite(q.request))
    return deny('function', `function ${functionCodeOf(q.request)}: the console reads only`);
  return { allow: true, rule: `console: read unit ${q.unit}` };
}

function judgeRead(
  rules: {
    readonly reads: readonly {
      readonly table: string;
      readonly from: number;
      readonly to: number;
    }[];
    readonly device: { readonly id: string };
  },
  request: PduRequest,
): ModbusVerdict {
  if (request.kind !== 'read') return deny('function', `function ${functionCodeOf(request)}`);
  const to = request.address + quantityOf(request);
  const hit = rules.reads.find(
    (s) => s.table === request.table && s.from <= request.address && to <= s.to,
  );
  if (hit === undefined) {
    return deny('range', `${request.table} ${request.address}..${to - 1} is in no rule`);
  }
  return { allow: true, rule: `${rules.device.id}: read ${hit.table} ${hit.from}..${hit.to - 1}` };
}

/** A write passes only as exactly one declared frame, with every value in its declared range. */
function judgeWrite(
  rules: readonly ModbusRule[],
  request: WriteRequest,
  mode: Mode,
): ModbusVerdict {
  const fc = functionCodeOf(request);
  const shaped = rules.filter(
    ({ range }) =>
      range.fc === fc && range.address === request.address && range.count === request.values.length,
  );
  if (shaped.length === 0) {
    return deny('range', `write ${request.address}+${request.values.length} fc ${fc} is no rule`);
  }
  let denied = deny('value', 'no rule');
  for (const rule of shaped) {
    const wrong = wrongValue(rule.range, request.values);
    if (wrong !== undefined) denied = wrong;
    else if (rule.everyMode || RAISING_MODES.includes(mode)) {
      return { allow: true, rule: rule.name, clears: rule.range.purpose === 'clear' };
    } else denied = deny('mode', `${rule.name}: not in mode ${mode}`);
  }
  return denied;
}

function wrongValue(range: WritableRange, words: readonly number[]): ModbusVerdict | undefined {
  for (const value of range.values) {
    const raw = rawValue(value, words.slice(value.address - range.address));
    const allowed = value.allowed_raw;
    if (value.forbidden_raw.includes(raw)) {
      return deny('forbidden-value', `${value.point} = ${raw} is forbidden`);
    }
    const inside = raw >= value.min_raw && raw <= value.max_raw;
    if (!inside || (allowed !== undefined && !allowed.includes(raw))) {
      const bounds = `${value.min_raw}..${value.max_raw}`;
      return deny('value', `${value.point} = ${raw} is outside ${bounds}`);
    }
  }
  return undefined;
}

/** Decodes one value from its words: the guard reads frames with code of its own. */
function rawValue(value: WritableValue, words: readonly number[]): number {
  const used = words.slice(0, value.words);
  if (used.length < value.words) return Number.NaN;
  const ordered = value.wordOrder === 'lo-hi' ? [...used].reverse() : used;
  const view = new DataView(new ArrayBuffer(8));
  ordered.forEach((w, i) => view.setUint16(i * 2, w));
  switch (value.type) {
    case 'int16':
      return view.getInt16(0);
    case 'uint16':
      return view.getUint16(0);
    case 'int32':
      return view.getInt32(0);
    case 'uint32':
      return view.getUint32(0);
    case 'float32':
      return view.getFloat32(0);
    case 'int64':
      return Number(view.getBigInt64(0));
    case 'uint64':
      return Number(view.getBigUint64(0));
    case 'string':
      return Number.NaN;
  }
}
