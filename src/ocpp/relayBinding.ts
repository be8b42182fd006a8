import type { Instant } from '../time';
import type { BacklogRecord } from './backlog';
import { tagInfoOf, tagOf } from './authorisation';
import type { FleetEventCode, OcppProtocol, StationConfig, StationLink } from './config';
import type { Dialect } from './dialect';
import { numberOf, objectOf, textOf, wholeOf } from './fields';
import type { CallFrame, ErrorFrame, JsonObject, ResultFrame } from './frame';
import type { LimitFacts } from './limitNotice';
import type { Observation } from './observation';
import { StationRelay } from './relay';
import type { RelayServices } from './relayServices';
import type { SessionContext } from './sessionContext';

/** What the relay sees of a session. */
export interface RelayedSession {
  readonly context: SessionContext;
  readonly station: StationConfig;
  readonly protocol: OcppProtocol;
  readonly booted: boolean;
  readonly pending: boolean;
  readonly dialect: Dialect;
  readonly linked: StationLink | undefined;
  reply(call: CallFrame, reply: ResultFrame | ErrorFrame, now: Instant): void;
  askRelayed(
    call: CallFrame,
    now: Instant,
    done: (reply: ResultFrame | ErrorFrame | undefined, now: Instant) => void,
  ): void;
  observe(seen: readonly Observation[], now: Instant): void;
  recap(now: Instant): void;
  limitFacts(now: Instant): LimitFacts;
  tell(code: FleetEventCode, text: string, now: Instant, hint?: string): void;
}

/** Binds a session to its relay; undefined when there is no CPMS at all. */
export function relayOf(session: RelayedSession, now: Instant): StationRelay | undefined {
  const { shared } = session.context;
  return shared && new StationRelay(shared, new SessionServices(session), now);
}

/** A class and no object of functions: one of each per station is memory by the megabyte. */
class SessionServices implements RelayServices {
  private readonly session: RelayedSession;

  constructor(session: RelayedSession) {
    this.session = session;
  }

  station(): StationConfig {
    return this.session.station;
  }

  protocol(): OcppProtocol {
    return this.session.protocol;
  }

  standing(): ReturnType<RelayServices['standing']> {
    const { protocol, booted, pending } = this.session;
    return { protocol, booted, pending };
  }

  reply(call: CallFrame, reply: ResultFrame | ErrorFrame, now: Instant): void {
    this.session.reply(call, reply, now);
  }

  sameLink(): () => boolean {
    const link = this.session.linked;
    return () => link !== undefined && this.session.linked === link;
  }

  ask(call: CallFrame, now: Instant, done: Parameters<RelayServices['ask']>[2]): void {
    this.session.askRelayed(call, now, done);
  }

  limits(now: Instant): LimitFacts {
    return this.session.limitFacts(now);
  }

  recap(now: Instant): void {
    this.session.recap(now);
  }

  newId(): string {
    return this.session.context.newId();
  }

  answer(
    call: CallFrame,
    authorise: Parameters<RelayServices['answer']>[1],
    now: Instant,
  ): ReturnType<RelayServices['answer']> {
    const { context, dialect } = this.session;
    return dialect.answer(call, {
      wall_ms: context.config.wall_ms(now),
      authorise,
      newTransaction: () => context.newTransaction(),
    });
  }

  unknownTag(tag: string): ReturnType<RelayServices['unknownTag']> {
    return this.session.context.config.authorise(this.session.station.id, tag);
  }

  observe(seen: readonly Observation[], now: Instant): void {
    this.session.observe(seen, now);
  }

  learn(call: CallFrame, payload: JsonObject, now: Instant): void {
    learn(this.session, call, payload, now);
  }

  recordAnswered(record: BacklogRecord, payload: JsonObject, now: Instant): void {
    recordAnswered(this.session, record, payload, now);
  }

  closeStation(code: number, reason: string): void {
    this.session.linked?.close(code, reason);
  }

  event(code: FleetEventCode, text: string, now: Instant, hint?: string): void {
    this.session.tell(code, text, now, hint);
  }
}

function learn(session: RelayedSession, call: CallFrame, payload: JsonObject, now: Instant): void {
  const { shared, config } = session.context;
  const info = tagInfoOf(payload);
  const tag = tagOf(call.payload);
  if (info !== undefined && tag !== undefined) {
    shared?.authorisations.learn(tag, info, config.wall_ms(now));
  }
  if (call.action !== 'StartTransaction') return;
  const connector = wholeOf(call.payload, 'connectorId', 1, 64);
  const transaction = numberOf(payload, 'transactionId');
  if (connector === undefined || transaction === undefined) return;
  session.observe([{ kind: 'started', connector, transaction: String(transaction) }], now);
}

/**
 * A record that was kept while the CPMS was away has its answer. A late refusal stops the session:
 * what was granted on trust is taken back.
 */
function recordAnswered(
  session: RelayedSession,
  record: BacklogRecord,
  payload: JsonObject,
  now: Instant,
): void {
  const { shared, config } = session.context;
  const real = numberOf(payload, 'transactionId');
  if (record.provisional !== undefined && real !== undefined) {
    shared?.backlog.map(record.station, record.provisional, real);
  }
  const info = tagInfoOf(payload);
  const status = info?.status;
  const tag = tagOfRecord(record);
  if (info !== undefined && tag !== undefined) {
    shared?.authorisations.learn(tag, info, config.wall_ms(now));
  }
  const started = startedBy(record);
  // ConcurrentTx refuses no driver: the transaction may be the one this record began before.
  if (status === undefined || status === 'Accepted' || status === 'ConcurrentTx') return;
  if (started === undefined) return;
  session.tell('session-stopped', `CPMS refused the driver later: ${status}`, now);
  const { action, payload: stop } = session.dialect.stopTransaction(started);
  const call: CallFrame = { type: 'call', id: session.context.newId(), action, payload: stop };
  session.askRelayed(call, now, () => undefined);
}

function payloadOf(record: BacklogRecord): JsonObject | undefined {
  const parsed: unknown = JSON.parse(record.raw);
  const payload: unknown = Array.isArray(parsed) ? parsed[3] : undefined;
  return typeof payload === 'object' && payload !== null ? { ...payload } : undefined;
}

function tagOfRecord(record: BacklogRecord): string | undefined {
  const payload = payloadOf(record);
  return payload && tagOf(payload);
}

/** The transaction, as the station knows it, that a kept record began or went on with. */
function startedBy(record: BacklogRecord): string | undefined {
  if (record.provisional !== undefined) return String(record.provisional);
  if (record.action !== 'TransactionEvent') return undefined;
  const payload = payloadOf(record);
  const info = payload && objectOf(payload, 'transactionInfo');
  return info && textOf(info, 'transactionId', 36);
}
