/**
 * faults bus — the field bus against everything a line and its devices do to it.
 *
 * Each case runs our whole client (engine, serial port, @serialport/stream) on the emulated segment
 * in simulated time, with devices that know what they said. Judged: no value that the device did
 * not give to this very request, no write begun after its deadline or acknowledged without being
 * executed, every request reported exactly once. The negative control is the same fault met by a
 * client that checks nothing: it must report wrong values, or the case proves nothing.
 */
import type {
  Campaign,
  CampaignCase,
  CampaignContext,
  CaseFinding,
} from '../../../scripts/campaign';
import { BUS_FAULTS } from './matrix';
import { FaultRig, type BusFault } from './rig';

export { BUS_FAULTS } from './matrix';
export type { BusFault, FaultCounts } from './rig';

const QUICK_S = 30;
const FULL_S = 600;
const NAIVE_S = 60;

async function runFault(fault: BusFault, seed: number, seconds: number): Promise<CaseFinding> {
  const rig = new FaultRig(fault, seed);
  const counts = await rig.run(fault, seconds);
  const bars = [
    { name: 'wrong_values', op: '==', value: 0 },
    { name: 'stale_writes', op: '==', value: 0 },
    { name: 'hangs', op: '==', value: 0 },
    { name: 'reported_twice', op: '==', value: 0 },
    { name: 'recovered', op: '==', value: 1 },
    ...(fault.outOfTurn === true
      ? []
      : ([{ name: 't35_violations', op: '==', value: 0 }] as const)),
    ...(fault.othersLeast === undefined
      ? []
      : ([{ name: 'others_ok_fraction', op: '>=', value: fault.othersLeast }] as const)),
  ] as const;
  const measured: Record<string, number> = { ...counts };
  const [first] = rig.findings;
  if (!fault.deceivesNaive)
    return { measured, bars, ...(first === undefined ? {} : { failure: first }) };
  const wrong = await new FaultRig(fault, seed).runNaive(fault, Math.min(NAIVE_S, seconds));
  measured['control_wrong_values'] = wrong;
  const failure = wrong === 0 ? 'the negative control reported no wrong value' : first;
  return {
    measured,
    bars,
    negativeControl: { disabled: 'reply validation', outcome: wrong > 0 ? 'fail' : 'pass' },
    ...(failure === undefined ? {} : { failure }),
  };
}

/** One case per fault. */
export function busFaultCases({ quick, seed }: CampaignContext): readonly CampaignCase[] {
  const seconds = quick ? QUICK_S : FULL_S;
  return BUS_FAULTS.map((fault) => ({
    id: fault.id,
    params: { simulated_s: seconds, devices: 3, baud: 19200 },
    run: () => runFault(fault, seed, seconds),
  }));
}

export const busFaults: Campaign = {
  command: 'faults bus',
  composition: 'virtual',
  emulated: ['RS-485 segment in byte mode behind @serialport/stream', 'devices', 'time'],
  cases: busFaultCases,
};
