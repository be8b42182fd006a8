/**
 * sim/segment — an emulated RS-485 segment: devices on one pair of wires, half duplex.
 *
 * Decides: when each byte ends on its own wire clock, and from that alone collisions, utilisation
 * and t3.5 violations. Must never: judge by when the program happened to run, or be used outside
 * demo, test and rig.
 *
 * Terms: *byte mode* the segment as a serialport binding (real composition); *frame mode* the same
 * wire as a `FramePort` of whole frames (virtual composition); *early* a client frame that starts
 * less than t3.5 after the last byte: the devices do not hear it; *unplugged* a state in which
 * reads, writes and opens reject.
 */
import type { EchoMode } from '../../modbus';
import type { Instant } from '../../time';
import { createBinding, type SegmentBinding } from './byteMode';
import { FrameModePort } from './frameMode';
import { SegmentCore, type SegmentOptions, type Tamper } from './segment';
import type { Transmission, WireStatistics } from './wire';

export type { DeviceFrame, SegmentDevice, SegmentOptions, Tamper } from './segment';
export type { SegmentBinding } from './byteMode';
export type { Talker, Transmission, WireStatistics } from './wire';
export { createMemoryTcp, MemoryTcpPort, type MemoryTcpOptions } from './memoryTcp';
export { SeededRandom } from './random';

export interface Segment {
  /** Byte mode: give it to io/serial as `binding`. One client at a time. */
  readonly binding: SegmentBinding;
  /** Frame mode: give it to `createBus` as `port`. One client at a time. */
  framePort(echo?: EchoMode): FrameModePort;
  /** Whether the adapter is in its socket. */
  plugged: boolean;
  /** Bit errors per data bit, 0..1. */
  bitErrorRate: number;
  /** Units that neither hear nor answer. */
  readonly silent: Set<number>;
  /** Fault hook for what devices send; undefined = honest. */
  tamper: Tamper | undefined;
  /** Puts bytes on the wire that nobody asked for. */
  inject(bytes: Uint8Array, start_at: Instant): void;
  observe(observer: (transmission: Transmission) => void): void;
  statistics(): WireStatistics;
}

/** Builds a segment. Everything random comes from `options.seed`. */
export function createSegment(options: SegmentOptions): Segment {
  const core = new SegmentCore(options);
  return {
    binding: createBinding(core),
    framePort: (echo) => new FrameModePort(core, echo ?? (core.echo ? 'strip' : 'none')),
    get plugged() {
      return core.plugged;
    },
    set plugged(plugged) {
      core.plugged = plugged;
    },
    get bitErrorRate() {
      return core.wire.bitErrorRate;
    },
    set bitErrorRate(rate) {
      core.wire.bitErrorRate = rate;
    },
    silent: core.silent,
    get tamper() {
      return core.tamper;
    },
    set tamper(tamper) {
      core.tamper = tamper;
    },
    inject: (bytes, start_at) => core.inject(bytes, start_at),
    observe: (observer) => core.wire.observe(observer),
    statistics: () => core.statistics(),
  };
}
