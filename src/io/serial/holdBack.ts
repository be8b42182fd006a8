import type {
  BindingInterface,
  BindingPortInterface,
  OpenOptions,
} from '@serialport/bindings-interface';
import type { Clock, Instant, Timers } from '../../time';

/**
 * Hold-back reads. Each byte that arrives would wake the process; instead a read is not begun
 * before the instant at which the bytes that are still missing can have arrived, and then takes
 * them all at once: 3 to 4 reads per transaction instead of one per byte.
 */

export class HoldBack {
  readonly #clock: Clock;
  readonly #timers: Timers;
  #until: Instant | undefined;
  #release: (() => void) | undefined;

  constructor(clock: Clock, timers: Timers) {
    this.#clock = clock;
    this.#timers = timers;
  }

  /** No read begins before about `until`. */
  hold(until: Instant): void {
    this.#until = until > this.#clock.now() ? until : undefined;
  }

  /** Lets a held read begin now. */
  release(): void {
    this.#until = undefined;
    this.#release?.();
  }

  /** Resolves when a read may begin; a hold that is moved meanwhile counts. */
  async pass(): Promise<void> {
    for (let until = this.#until; until !== undefined; until = this.#until) {
      if (this.#clock.now() >= until) return;
      await this.#wait(until);
    }
  }

  async #wait(until: Instant): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#timers.at(until, resolve);
      this.#release = () => {
        cancel();
        resolve();
      };
    });
    this.#release = undefined;
  }
}

/** A binding like `binding` whose reads wait for `holdBack`; everything else passes through. */
export function holdBackBinding(binding: BindingInterface, holdBack: HoldBack): BindingInterface {
  return {
    list: () => binding.list(),
    open: async (options: OpenOptions) => new HeldPort(await binding.open(options), holdBack),
  };
}

class HeldPort implements BindingPortInterface {
  readonly #port: BindingPortInterface;
  readonly #holdBack: HoldBack;

  constructor(port: BindingPortInterface, holdBack: HoldBack) {
    this.#port = port;
    this.#holdBack = holdBack;
  }

  get openOptions(): BindingPortInterface['openOptions'] {
    return this.#port.openOptions;
  }

  get isOpen(): boolean {
    return this.#port.isOpen;
  }

  async read(
    buffer: Buffer,
    offset: number,
    length: number,
  ): Promise<{ buffer: Buffer; bytesRead: number }> {
    await this.#holdBack.pass();
    if (!this.#port.isOpen) throw new CanceledReadError();
    return this.#port.read(buffer, offset, length);
  }

  close(): Promise<void> {
    const closed = this.#port.close();
    this.#holdBack.release();
    return closed;
  }

  write(buffer: Buffer): Promise<void> {
    return this.#port.write(buffer);
  }

  update(options: { baudRate: number }): Promise<void> {
    return this.#port.update(options);
  }

  set(options: Parameters<BindingPortInterface['set']>[0]): Promise<void> {
    return this.#port.set(options);
  }

  get(): ReturnType<BindingPortInterface['get']> {
    return this.#port.get();
  }

  getBaudRate(): Promise<{ baudRate: number }> {
    return this.#port.getBaudRate();
  }

  flush(): Promise<void> {
    return this.#port.flush();
  }

  drain(): Promise<void> {
    return this.#port.drain();
  }
}

/** `canceled` tells the stream that the port was closed on purpose. */
class CanceledReadError extends Error {
  readonly canceled = true;

  constructor() {
    super('the port was closed');
  }
}
