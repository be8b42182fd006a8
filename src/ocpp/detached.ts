import type { Instant } from '../time';
import type { Backlog, BacklogRecord } from './backlog';
import { encodeFrame } from './codec';
import type { AuthorisationStatus } from './config';
import type { Answer } from './dialect';
import { numberOf } from './fields';
import type { CallFrame, ErrorFrame, ResultFrame } from './frame';
import type { RelayServices, RelayShared } from './relayServices';

/** Attempts at a record that the CPMS finds wrong (1.6 TransactionMessageAttempts). */
const MAX_ATTEMPTS = 5;
/** Attempts while the CPMS itself fails: some six hours, in which its disk or database comes back. */
const MAX_ATTEMPTS_FAILING = 40;
/** Errors that speak of the CPMS and not of the record. */
const FAILING: ReadonlySet<string> = new Set(['InternalError', 'GenericError']);
const RETRY_MS = 10_000;
const MAX_RETRY_MS = 600_000;

/** The pause before a record with this answer is sent again, ms; undefined = it is done. Pure. */
export function retryAfter_ms(
  reply: ResultFrame | ErrorFrame,
  attempts: number,
): number | undefined {
  if (reply.type === 'result') return undefined;
  const failing = FAILING.has(reply.code);
  if (attempts >= (failing ? MAX_ATTEMPTS_FAILING : MAX_ATTEMPTS)) return undefined;
  return failing ? Math.min(MAX_RETRY_MS, RETRY_MS * 2 ** (attempts - 1)) : RETRY_MS;
}

/** An answer given without the CPMS, perhaps with a transaction id of our own in it. */
export type DetachedAnswer = Answer & { readonly provisional?: number };

/** Records that must reach the CPMS: billing data, and security events of the station. */
export function isKept(call: CallFrame): boolean {
  switch (call.action) {
    case 'StartTransaction':
    case 'StopTransaction':
    case 'TransactionEvent':
    case 'SecurityEventNotification':
      return true;
    case 'MeterValues':
      return numberOf(call.payload, 'transactionId') !== undefined;
    default:
      return false;
  }
}

/**
 * The local controller's answer while the CPMS is away. 1.6 lets the CPMS number transactions, so
 * a StartTransaction is left with the station unless provisional ids are switched on.
 * @param known - the record of this very message, when it is a repetition
 */
export function answerDetached(
  shared: RelayShared,
  services: RelayServices,
  call: CallFrame,
  known: BacklogRecord | undefined,
  now: Instant,
): DetachedAnswer {
  const isStart = call.action === 'StartTransaction';
  if (isStart && shared.config.provisionalIds !== true) {
    const description = 'no central system, repeat later';
    return { ok: false, code: 'GenericError', description };
  }
  const answer = services.answer(call, (tag) => authorise(shared, services, tag, now), now);
  if (!isStart || !answer.ok) return answer;
  if (known?.provisional !== undefined) {
    const payload = { ...answer.payload, transactionId: known.provisional };
    return { ok: true, payload };
  }
  const provisional = numberOf(answer.payload, 'transactionId');
  return provisional === undefined ? answer : { ...answer, provisional };
}

/** Known refusals stay refusals; an unknown tag falls to the policy of the fleet. */
function authorise(
  shared: RelayShared,
  services: RelayServices,
  tag: string,
  now: Instant,
): AuthorisationStatus {
  return shared.authorisations.known(tag, shared.wall_ms(now)) ?? services.unknownTag(tag);
}

/** The transaction id in a station's message as the CPMS knows it; bytes change only then. */
export function textForCpms(backlog: Backlog, station: string, call: CallFrame): string {
  const id = numberOf(call.payload, 'transactionId');
  const real = id === undefined ? undefined : backlog.realOf(station, id);
  if (real === undefined) return encodeFrame(call);
  const payload = { ...call.payload, transactionId: real };
  return encodeFrame({ type: 'call', id: call.id, action: call.action, payload });
}
