import type { DeviceProfile } from '../../device';
import { compileRules, ModbusGuard } from '../../guard';
import type { Bus, FramePort, PduCodec } from '../../modbus';
import type { StartKind } from '../../mode';
import type { Mode } from '../../model';
import {
  assembleBuses,
  type AuditPort,
  type BusAssembly,
  type BusPlan,
  busPlans,
  type DrillBookPort,
  guardedDevices,
  type Injected,
  type InputsPort,
  type SiteFacts,
  SiteRuntime,
  type SiteSnapshot,
  type StationsPort,
  type SupervisorPort,
  type UplinkPort,
} from '../../runtime';
import type { Clock, Timers } from '../../time';
import { HeldTimers } from './heldTimers';

export interface SiteProcessOptions {
  readonly facts: SiteFacts;
  readonly profiles: ReadonlyMap<string, DeviceProfile>;
  readonly bootId: string;
  readonly start: StartKind;
  readonly codec: PduCodec;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly portFor: (plan: BusPlan, timers: Timers) => FramePort;
  readonly ports: {
    readonly stations: StationsPort;
    readonly supervisor: SupervisorPort;
    readonly uplink: UplinkPort;
    readonly audit: AuditPort;
    readonly drillBook?: DrillBookPort;
    readonly inputs?: InputsPort;
  };
  readonly onSnapshot?: (snapshot: SiteSnapshot) => void;
  readonly inject?: Injected;
}

/** One life of the `site` process: what is gone when it dies. */
export class SiteProcess {
  readonly runtime: SiteRuntime;
  readonly buses: ReadonlyMap<string, Bus>;
  readonly assembly: BusAssembly;
  /** Held = the process hangs. */
  readonly timers: HeldTimers;

  constructor(options: SiteProcessOptions) {
    const { facts, profiles, clock, onSnapshot, inject } = options;
    this.timers = new HeldTimers(options.timers);
    const mode = { current: (): Mode => 'static' };
    this.assembly = {
      plans: busPlans(facts.site),
      guard: new ModbusGuard(compileRules(guardedDevices(facts.site, profiles))),
      codec: options.codec,
      clock,
      timers: this.timers,
      portFor: (plan) => options.portFor(plan, this.timers),
      mode: () => mode.current(),
      onDenied: (device, text) => {
        options.ports.audit.append({ kind: 'denial', subject: device, text });
      },
    };
    this.buses = assembleBuses(this.assembly);
    this.runtime = new SiteRuntime(
      {
        facts,
        profiles,
        bootId: options.bootId,
        start: options.start,
        ...(onSnapshot === undefined ? {} : { onSnapshot }),
        ...(inject === undefined ? {} : { inject }),
      },
      { clock, timers: this.timers, buses: this.buses, ...options.ports },
    );
    mode.current = () => this.runtime.mode();
  }

  stop(): void {
    this.runtime.stop();
    for (const bus of this.buses.values()) bus.stop();
  }

  /** As SIGKILL: nothing of it runs any more, and the system closes its ports. */
  kill(): void {
    this.timers.hold();
    for (const bus of this.buses.values()) bus.stop();
  }
}
