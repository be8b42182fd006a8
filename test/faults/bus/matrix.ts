import { unwrapPdu, wrapPdu } from '../../../src/modbus';
import type { DeviceFrame, Tamper } from '../../../src/sim/segment';
import { later } from '../../../src/time';
import type { BusFault, FaultRig } from './rig';

/** What may happen to a reply of unit 1, with `share` of its replies affected. */
function tamperUnit1(
  rig: FaultRig,
  share: number,
  change: (reply: DeviceFrame, request: Uint8Array) => readonly DeviceFrame[],
): void {
  const tamper: Tamper = (reply, request) => {
    if (reply === undefined) return [];
    const hit = request[0] === 1 && rig.random.next() < share;
    return hit ? change(reply, request) : [reply];
  };
  rig.segment.tamper = tamper;
}

const changePdu = (
  { bytes, after_ms }: DeviceFrame,
  change: (pdu: Uint8Array) => Uint8Array,
): readonly DeviceFrame[] => [
  { bytes: wrapPdu(bytes[0] ?? 0, change(unwrapPdu(bytes).slice())), after_ms },
];

const randomBytes = (rig: FaultRig, most: number): Uint8Array =>
  Uint8Array.from({ length: 1 + rig.random.integer(most) }, () => rig.random.integer(256));

/** Repeats `act` at random moments, `every_ms` apart on average. */
function atRandom(rig: FaultRig, every_ms: number, act: () => void): void {
  const next = (): void => {
    rig.time.at(later(rig.time.now(), 2 * every_ms * rig.random.next()), () => {
      if (!rig.faulty) return;
      act();
      next();
    });
  };
  next();
}

function unplugDuring(rig: FaultRig, functionCodes: readonly number[]): void {
  rig.segment.observe((t) => {
    const isTarget = t.talker === 'client' && functionCodes.includes(t.sent[1] ?? 0);
    if (!isTarget || rig.random.next() > 0.06 || !rig.segment.plugged) return;
    // Anywhere from the first byte of the request to the last of the reply.
    const moment = later(t.start_at, rig.random.next() * (t.end_at - t.start_at + 25));
    rig.time.at(moment, () => {
      rig.segment.plugged = false;
      rig.time.at(later(moment, 100 + rig.random.integer(3000)), () => {
        rig.segment.plugged = true;
      });
    });
  });
}

const lies = { othersLeast: 0.9, deceivesNaive: true };
const silentFault = { othersLeast: 0.9, deceivesNaive: false };
const whole = { deceivesNaive: false };

/** The fault matrix of the field bus. */
export const BUS_FAULTS: readonly BusFault[] = [
  {
    id: 'late',
    ...lies,
    // Half of the traffic goes to a unit that often takes its whole time-out.
    othersLeast: 0.5,
    outOfTurn: true,
    apply: (rig) =>
      tamperUnit1(rig, 0.3, ({ bytes }) => [{ bytes, after_ms: 100 + rig.random.integer(1000) }]),
  },
  {
    id: 'duplicate',
    ...lies,
    outOfTurn: true,
    apply: (rig) =>
      tamperUnit1(rig, 0.3, (reply) => [
        reply,
        { bytes: reply.bytes, after_ms: reply.after_ms + rig.random.integer(300) },
      ]),
  },
  {
    id: 'unsolicited',
    ...lies,
    outOfTurn: true,
    apply: (rig) => {
      let last: Uint8Array | undefined;
      rig.segment.observe((t) => {
        if (t.talker === 'device' && t.unit === 1) last = t.sent;
      });
      atRandom(rig, 300, () => {
        if (last !== undefined) rig.segment.inject(last, rig.time.now());
      });
    },
  },
  {
    id: 'truncated',
    ...lies,
    apply: (rig) =>
      tamperUnit1(rig, 0.4, ({ bytes, after_ms }) => [
        { bytes: bytes.slice(0, 1 + rig.random.integer(bytes.length - 1)), after_ms },
      ]),
  },
  {
    id: 'wrong-unit',
    ...lies,
    apply: (rig) =>
      tamperUnit1(rig, 0.4, ({ bytes, after_ms }) => {
        const other = rig.devices[1]?.respond(
          wrapPdu(2, Uint8Array.of(3, 0, 9, 0, 4)),
          rig.time.now(),
        );
        const foreign = wrapPdu(2, unwrapPdu(bytes));
        return [{ bytes: rig.random.next() < 0.5 ? foreign : (other ?? foreign), after_ms }];
      }),
  },
  {
    id: 'wrong-count',
    ...lies,
    apply: (rig) =>
      tamperUnit1(rig, 0.4, (reply) =>
        changePdu(reply, (pdu) => {
          if (pdu[0] === 16 || pdu[0] === 6) return pdu;
          const lie = rig.random.next();
          // The byte count lies, or the registers do not fit it, or both are of another request.
          if (lie < 0.34) pdu[1] = ((pdu[1] ?? 0) + 2) & 0xff;
          else if (lie < 0.67) return pdu.slice(0, -2);
          else return Uint8Array.of(pdu[0] ?? 0, 2, 0, 1);
          return pdu;
        }),
      ),
  },
  {
    id: 'wrong-echo',
    ...silentFault,
    apply: (rig) =>
      tamperUnit1(rig, 0.6, (reply, request) => {
        if (request[1] !== 6 && request[1] !== 16) return [reply];
        const lie = changePdu(reply, (pdu) => {
          const at = 1 + rig.random.integer(4);
          pdu[at] = (pdu[at] ?? 0) ^ (1 + rig.random.integer(255));
          return pdu;
        });
        return lie;
      }),
  },
  {
    id: 'bad-crc',
    ...lies,
    apply: (rig) =>
      tamperUnit1(rig, 0.4, ({ bytes, after_ms }) => {
        const damaged = bytes.slice();
        const at = 3 + rig.random.integer(damaged.length - 3);
        damaged[at] = (damaged[at] ?? 0) ^ (1 + rig.random.integer(255));
        return [{ bytes: damaged, after_ms }];
      }),
  },
  {
    id: 'garbage',
    ...lies,
    apply: (rig) =>
      tamperUnit1(rig, 0.5, (reply, request) => {
        const kind = rig.random.next();
        if (kind < 0.3) return [{ ...reply, bytes: randomBytes(rig, 60) }];
        // Before the reply: noise, or the beginning of a frame that looks right.
        const before = kind < 0.6 ? randomBytes(rig, 4) : request.slice(0, 2);
        return [{ ...reply, bytes: Uint8Array.from([...before, ...reply.bytes]) }];
      }),
  },
  { id: 'echo', ...whole, deceivesNaive: true, echo: true, apply: () => undefined },
  {
    id: 'echo-and-silence',
    ...whole,
    echo: true,
    apply: (rig) => {
      rig.segment.silent.add(1);
    },
  },
  {
    id: 'exception-storm',
    ...silentFault,
    apply: (rig) =>
      tamperUnit1(rig, 0.9, ({ bytes, after_ms }) => [
        {
          bytes: wrapPdu(1, Uint8Array.of((bytes[1] ?? 0) | 0x80, rig.random.integer(256))),
          after_ms,
        },
      ]),
  },
  {
    id: 'silence',
    ...silentFault,
    apply: (rig) => {
      rig.segment.silent.add(1);
    },
  },
  {
    id: 'flapping',
    ...silentFault,
    apply: (rig) =>
      atRandom(rig, 700, () => {
        if (rig.segment.silent.has(1)) rig.segment.silent.delete(1);
        else rig.segment.silent.add(1);
      }),
  },
  { id: 'replug-during-read', ...whole, apply: (rig) => unplugDuring(rig, [3, 4]) },
  { id: 'replug-during-write', ...whole, apply: (rig) => unplugDuring(rig, [6, 16]) },
  { id: 'usb-latency-16', ...whole, usbLatency_ms: 16, apply: () => undefined },
  {
    id: 'usb-latency-16-late',
    ...whole,
    outOfTurn: true,
    usbLatency_ms: 16,
    apply: (rig) =>
      tamperUnit1(rig, 0.3, ({ bytes }) => [{ bytes, after_ms: 100 + rig.random.integer(1000) }]),
  },
  ...[1e-3, 1e-4, 1e-5].map((rate): BusFault => ({
    id: `noise-${rate.toExponential(0)}`,
    // At 1e-5 a run is too short for a naive client to be sure of a damaged value.
    deceivesNaive: rate >= 1e-4,
    apply: (rig) => {
      rig.segment.bitErrorRate = rate;
    },
  })),
  {
    id: 'everything',
    outOfTurn: true,
    deceivesNaive: true,
    apply: (rig) => {
      rig.segment.bitErrorRate = 1e-4;
      tamperUnit1(rig, 0.4, (reply) => {
        const kind = rig.random.integer(4);
        if (kind === 0) return [];
        if (kind === 1) return [{ ...reply, after_ms: 100 + rig.random.integer(1000) }];
        if (kind === 2) return [reply, { ...reply, after_ms: reply.after_ms + 5 }];
        return [{ ...reply, bytes: randomBytes(rig, 80) }];
      });
      atRandom(rig, 20_000, () => {
        rig.segment.plugged = !rig.segment.plugged;
      });
    },
  },
];
