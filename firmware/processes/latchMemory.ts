/** What of the supervisor survives a restart, kept in step with what it reports. */
import type { SupervisorReport } from '../../src/supervisor';
import type { KeptFile } from '../../src/io/store';

type Remembered = Pick<SupervisorReport, 'latched' | 'excess' | 'returnsWithinHour' | 'stuck'>;

/** Written by another thread; a failure is reported by the file, not fatal. */
export class LatchMemory {
  private readonly file: Pick<KeptFile, 'save' | 'again'>;
  private kept = '';

  constructor(file: Pick<KeptFile, 'save' | 'again'>) {
    this.file = file;
  }

  /** Called about once a second: written when it has changed, and again while the disk refuses. */
  follow({ latched, excess, returnsWithinHour, stuck }: Remembered): void {
    const text = JSON.stringify({ latched, excess, returnsWithinHour, stuck });
    if (text === this.kept) return this.file.again();
    this.kept = text;
    this.file.save(Buffer.from(text));
  }
}
