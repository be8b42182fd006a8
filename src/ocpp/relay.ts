import { later, passed } from '../time';
import type { Instant } from '../time';
import type { BacklogRecord } from './backlog';
import { CallQueue } from './calls';
import type { SentCall } from './calls';
import { encodeFrame, MAX_TEXT_201, parseFrame } from './codec';
import { CpmsCalls } from './cpmsCalls';
import { answerDetached, isKept, retryAfter_ms, textForCpms } from './detached';
import type { CallFrame, ErrorFrame, ResultFrame } from './frame';
import { HeldCalls, LatestStatuses } from './heldCalls';
import { Intents } from './intents';
import type { RelayServices, RelayShared } from './relayServices';
import { LimitNotice } from './limitNotice';
import { CPMS_RATE, TokenBucket } from './messageRate';
import { withOurTime } from './servedClock';
import { UpstreamSocket } from './upstreamSocket';
import { answerable, denialOf, errorFrame, formationCode } from './replies';

/** A CPMS that is overloaded still answers within this; after it the station repeats. */
const CPMS_ANSWER_MS = 30_000;

type Purpose =
  | { readonly kind: 'live'; readonly call: CallFrame }
  | { readonly kind: 'backlog'; readonly record: BacklogRecord }
  | { readonly kind: 'boot' }
  | { readonly kind: 'status' }
  | { readonly kind: 'own' };

/**
 * One station's way to its CPMS. Attached: raw relay with inspection. Detached: local answers, and
 * records that are kept on disk until the CPMS has answered them, in order, before anything new.
 */
export class StationRelay {
  readonly intents = new Intents();
  private readonly calls = new CallQueue<Purpose>();
  private readonly shared: RelayShared;
  private readonly services: RelayServices;
  private readonly socket: UpstreamSocket;
  private readonly notice = new LimitNotice();
  private wanted = false;
  private owedBoot: CallFrame | undefined;
  private wait_until: Instant | undefined;
  private attempts = 0;
  private clockTold = false;
  /** Over all its connections: who is cut and comes again has no new burst. */
  private readonly rate: TokenBucket;
  private readonly cpmsCalls: CpmsCalls;
  private readonly statuses = new LatestStatuses();
  private readonly held = new HeldCalls();

  constructor(shared: RelayShared, services: RelayServices, now: Instant) {
    this.shared = shared;
    this.services = services;
    this.rate = new TokenBucket(CPMS_RATE.perSecond, CPMS_RATE.burst, now);
    this.socket = new UpstreamSocket(
      (events) => shared.config.connect(this.station, services.protocol(), events),
      {
        opened: (at) => this.opened(at),
        received: (text, at) => this.received(text, at),
        lost: (was, at) => this.closed(was, at),
      },
      now,
    );
    this.cpmsCalls = new CpmsCalls(shared, services, this.intents, this.socket);
  }

  private get station(): string {
    return this.services.station().id;
  }

  /** Live messages go straight through: socket open, boot told, nothing older waits. */
  get attached(): boolean {
    return (
      this.socket.open && this.owedBoot === undefined && this.shared.backlog.isEmpty(this.station)
    );
  }

  // --- station side ------------------------------------------------------------------------

  stationConnected(now: Instant): void {
    this.wanted = true;
    this.notice.forget();
    this.socket.soon(now);
    if (!this.socket.open) this.held.begin(now);
    this.tick(now);
  }

  stationGone(): void {
    this.wanted = false;
    this.held.release();
    if (this.shared.backlog.isEmpty(this.station)) this.hangUp();
  }

  /** A CALL of the station that nobody answered yet. */
  stationCall(call: CallFrame, now: Instant): void {
    const { fromStation, schema } = this.shared.config;
    const protocol = this.services.protocol();
    const verdict = fromStation(this.services.station(), this.services.standing(), call, now);
    if (!verdict.allowed) {
      this.shared.counts.denied += 1;
      this.services.event('denied', `station's ${call.action}: ${verdict.reason}`, now);
      this.services.reply(call, denialOf(call, verdict.reply), now);
      return;
    }
    if (schema?.(protocol, call.action, 'req', call.payload) === false) {
      this.services.reply(call, errorFrame(call.id, formationCode(protocol), 'schema'), now);
      return;
    }
    if (this.held.hold(call)) return;
    // What waited came first, also when there are too many to wait on.
    this.release(now);
    this.route(call, now);
  }

  private route(call: CallFrame, now: Instant): void {
    if (this.attached) this.forward(call, now);
    else this.detached(call, now);
  }

  private release(now: Instant): void {
    for (const call of this.held.release()) this.route(call, now);
  }

  private forward(call: CallFrame, now: Instant): void {
    const raw = textForCpms(this.shared.backlog, this.station, call);
    const taken = this.calls.add({
      request: { action: call.action, payload: call.payload },
      purpose: { kind: 'live', call },
      priority: 'normal',
      sendBy: later(now, CPMS_ANSWER_MS),
      answer_ms: CPMS_ANSWER_MS,
      relayed: { id: call.id, raw },
    });
    if (!taken) this.services.event('queue-full', 'too many messages wait for the CPMS', now);
    this.pump(now);
  }

  private detached(call: CallFrame, now: Instant): void {
    if (call.action === 'BootNotification') this.owedBoot = call;
    if (call.action === 'StatusNotification') this.statuses.keep(call);
    const { backlog } = this.shared;
    const raw = encodeFrame(call);
    const known = backlog.find(this.station, call.id, raw);
    const answer = answerDetached(this.shared, this.services, call, known, now);
    const reply: ResultFrame | ErrorFrame = answer.ok
      ? { type: 'result', id: call.id, payload: answer.payload }
      : errorFrame(call.id, answer.code, answer.description);
    const say = this.services.sameLink();
    const tell = (): void => {
      // Only now is it safe: an acknowledged record must survive a crash at the next instruction.
      if (say()) this.services.reply(call, reply, now);
    };
    if (!answer.ok || !isKept(call)) {
      this.services.reply(call, reply, now);
      return;
    }
    if (known !== undefined) {
      backlog.whenStored(known, tell);
      return;
    }
    const { id, action } = call;
    const provisional = answer.provisional;
    const record = { station: this.station, id, action, raw };
    const kept = backlog.add(
      { ...record, ...(provisional !== undefined && { provisional }) },
      tell,
    );
    if (kept) {
      this.services.observe(answer.seen ?? [], now);
      this.drain(now);
      return;
    }
    this.shared.counts.dropped += 1;
    this.services.event(
      'backlog-full',
      'no room or no disk for records; the station keeps its own',
      now,
    );
    this.services.reply(call, errorFrame(id, 'InternalError', 'try again later'), now);
  }

  // --- CPMS side ---------------------------------------------------------------------------

  tick(now: Instant): void {
    const late = this.calls.overdue(now);
    if (late !== undefined) this.unanswered(late, now);
    if (this.held.due(now)) this.release(now);
    const needed = this.wanted || !this.shared.backlog.isEmpty(this.station);
    if (needed) this.socket.dial(now);
    if (!needed && this.calls.idle) this.hangUp();
    if (this.wait_until !== undefined && passed(this.wait_until, now)) {
      this.wait_until = undefined;
      this.drain(now);
    }
    this.noticeLimit(now);
    this.pump(now);
  }

  /** 2.0.1: the CPMS hears of limits that are not its own (K12, K13). */
  private noticeLimit(now: Instant): void {
    if (!this.attached || !this.calls.idle || this.services.protocol() === 'ocpp1.6') return;
    const due = this.notice.due(this.services.limits(now), now);
    if (due === undefined) return;
    const call: CallFrame = { type: 'call', id: this.services.newId(), ...due };
    this.queue(call, { kind: 'own' }, encodeFrame(call), now);
  }

  private opened(now: Instant): void {
    this.attempts = 0;
    this.services.event('cpms-connected', 'CPMS connected', now);
    this.drain(now);
    this.release(now);
  }

  private closed(was: boolean, now: Instant): void {
    this.cpmsCalls.forget();
    this.wait_until = undefined;
    this.notice.forget();
    if (was) this.services.event('cpms-lost', 'CPMS connection lost', now);
    this.release(now);
    // What the CPMS had not answered is treated as if it had come now, without a CPMS.
    for (const { purpose } of this.calls.clear()) {
      if (purpose.kind === 'live') this.detached(purpose.call, now);
    }
    if (this.shared.config.whenDetached === 'strict-6.3') {
      this.services.closeStation(1001, 'no central system');
    }
  }

  private hangUp(): void {
    this.calls.clear();
    this.socket.hangUp();
  }

  private received(text: string, now: Instant): void {
    if (!this.rate.take(now)) {
      this.shared.counts.dropped += 1;
      this.services.event('queue-full', 'the CPMS sends too much; its socket is cut', now);
      this.socket.cut(now);
      return;
    }
    const parsed = parseFrame(text, MAX_TEXT_201);
    if (!parsed.ok) {
      this.shared.counts.dropped += 1;
      this.services.event('bad-frame', `unusable message of the CPMS: ${parsed.reason}`, now);
      const protocol = this.services.protocol();
      if (parsed.id !== undefined && answerable(protocol, parsed.messageType)) {
        this.cpmsCalls.say(errorFrame(parsed.id, formationCode(protocol), parsed.reason));
      }
      return;
    }
    const { frame } = parsed;
    if (frame.type === 'call') this.cpmsCalls.take(frame, now);
    else this.cpmsReply(frame, now);
  }

  private cpmsReply(reply: ResultFrame | ErrorFrame, now: Instant): void {
    const sent = this.calls.answered(reply.id);
    if (sent === undefined) {
      this.shared.counts.dropped += 1;
      return;
    }
    this.rate.giveBack();
    const { purpose } = sent;
    switch (purpose.kind) {
      case 'live':
        this.liveReply(purpose.call, reply, now);
        break;
      case 'backlog':
        this.recordReply(purpose.record, this.checked(purpose.record.action, reply, now), now);
        break;
      case 'boot':
        this.bootReply(reply, now);
        break;
      case 'status':
      case 'own':
        break;
    }
    this.pump(now);
  }

  /** An answer that is not what its action says is one of a CPMS that fails. */
  private checked(
    action: string,
    reply: ResultFrame | ErrorFrame,
    now: Instant,
  ): ResultFrame | ErrorFrame {
    const { schema } = this.shared.config;
    const protocol = this.services.protocol();
    if (reply.type === 'error' || schema?.(protocol, action, 'conf', reply.payload) !== false) {
      return reply;
    }
    this.shared.counts.dropped += 1;
    this.services.event('bad-frame', `CPMS's answer to ${action}: schema`, now);
    return errorFrame(reply.id, 'InternalError', 'bad answer');
  }

  private liveReply(call: CallFrame, answer: ResultFrame | ErrorFrame, now: Instant): void {
    const reply = this.checked(call.action, answer, now);
    this.shared.counts.relayed += 1;
    if (reply.type === 'result') this.services.learn(call, reply.payload, now);
    const timed = withOurTime(call, reply, this.shared.wall_ms(now));
    if (timed !== reply && !this.clockTold) {
      this.clockTold = true;
      const hint = 'stations get the time of the controller; check the clocks of both';
      this.services.event('cpms-clock', "CPMS's time is more than 2 s off ours", now, hint);
    }
    this.services.reply(call, timed, now);
  }

  private bootReply(reply: ResultFrame | ErrorFrame, now: Instant): void {
    const status = reply.type === 'result' ? reply.payload['status'] : undefined;
    if (status === 'Accepted') {
      this.owedBoot = undefined;
      this.drain(now);
      return;
    }
    const interval = reply.type === 'result' ? reply.payload['interval'] : undefined;
    const wait_s = typeof interval === 'number' && interval > 0 ? Math.min(interval, 3_600) : 60;
    this.wait_until = later(now, wait_s * 1000);
    this.services.event('boot-not-accepted', `CPMS answered the boot: ${String(status)}`, now);
  }

  private recordReply(record: BacklogRecord, reply: ResultFrame | ErrorFrame, now: Instant): void {
    this.attempts += 1;
    const again_ms = retryAfter_ms(reply, this.attempts);
    if (again_ms !== undefined) {
      this.wait_until = later(now, again_ms);
      return;
    }
    this.attempts = 0;
    if (reply.type === 'error') {
      this.services.event('record-refused', `CPMS refused ${record.action}: ${reply.code}`, now);
    } else this.services.recordAnswered(record, reply.payload, now);
    this.shared.backlog.done(record);
    this.drain(now);
  }

  /** Sends what is owed, oldest first: the boot, the records, the last statuses. */
  private drain(now: Instant): void {
    if (!this.socket.open || !this.calls.idle || this.wait_until !== undefined) return;
    const { backlog } = this.shared;
    if (this.owedBoot !== undefined) {
      this.queue(this.owedBoot, { kind: 'boot' }, encodeFrame(this.owedBoot), now);
      return;
    }
    const record = backlog.first(this.station);
    if (record !== undefined) {
      const parsed = parseFrame(record.raw, MAX_TEXT_201);
      if (!parsed.ok || parsed.frame.type !== 'call') {
        backlog.done(record);
        this.drain(now);
        return;
      }
      if (record.sent) backlog.repeated += 1;
      record.sent = true;
      const text = textForCpms(backlog, this.station, parsed.frame);
      this.queue(parsed.frame, { kind: 'backlog', record }, text, now);
      return;
    }
    for (const call of this.statuses.take()) {
      this.queue(call, { kind: 'status' }, encodeFrame(call), now);
    }
  }

  private queue(call: CallFrame, purpose: Purpose, raw: string, now: Instant): void {
    const { action, payload, id } = call;
    this.calls.add({
      request: { action, payload },
      purpose,
      priority: 'normal',
      sendBy: later(now, CPMS_ANSWER_MS),
      answer_ms: CPMS_ANSWER_MS,
      relayed: { id, raw },
    });
    this.pump(now);
  }

  private pump(now: Instant): void {
    if (!this.socket.open) return;
    const call = this.calls.next(() => '', now);
    if (call !== undefined) this.socket.send(call.relayed?.raw ?? '');
    for (const { purpose } of this.calls.takeLapsed()) this.failed(purpose, now);
  }

  private unanswered(call: SentCall<Purpose>, now: Instant): void {
    this.services.event('cpms-timeout', `CPMS did not answer ${call.request.action}`, now);
    this.failed(call.purpose, now);
    this.drain(now);
  }

  private failed(purpose: Purpose, now: Instant): void {
    if (purpose.kind !== 'live') return;
    const { call } = purpose;
    this.services.reply(call, errorFrame(call.id, 'GenericError', 'no answer in time'), now);
  }
}
