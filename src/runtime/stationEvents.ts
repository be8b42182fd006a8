import type { DigestedEvent } from '../ocpp';
import type { AuditEntry } from './ports';

/** Events that are refusals; the others are notes. */
const DENIALS: ReadonlySet<string> = new Set([
  'denied',
  'path-refused',
  'protocol-refused',
  'credentials-missing',
  'credentials-wrong',
  'station-unknown',
  'throttled',
  'certificate-refused',
  'identity-conflict',
  'flood',
  'lease-refused',
  'batch-refused',
  'record-refused',
]);

/** An event of the stations' process as audit entry; repeats are one record with their count. Pure. */
export function auditOfStationEvent(event: DigestedEvent): AuditEntry {
  const { code, station, text, repeats, over_ms } = event;
  const again = repeats === 0 ? '' : ` (${repeats} more within ${Math.ceil(over_ms / 1000)} s)`;
  return {
    kind: DENIALS.has(code) ? 'denial' : 'note',
    subject: station === '' ? 'stations' : station,
    text: `${code}: ${text}${again}`,
  };
}
