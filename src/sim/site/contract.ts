/** INV-1 (d): the averaged contract, judged on true import in windows of the wall clock. */
export const WINDOW_ms = 600_000;

export class ContractWatch {
  private readonly contract_W: number;
  private window = -1;
  private sum_Wms = 0;
  private known_ms = 0;

  constructor(contract_W: number) {
    this.contract_W = contract_W;
  }

  /** Mean of a window that has just ended above the contract, W; windows seen in part do not count. */
  sample(import_W: number, wall_ms: number, dt_ms: number): number | undefined {
    const window = Math.floor(wall_ms / WINDOW_ms);
    const ended = this.window >= 0 && window !== this.window;
    const mean_W = this.sum_Wms / WINDOW_ms;
    const whole = this.known_ms >= WINDOW_ms - 2 * dt_ms;
    if (window !== this.window) {
      this.window = window;
      this.sum_Wms = 0;
      this.known_ms = 0;
    }
    this.sum_Wms += Math.max(0, import_W) * dt_ms;
    this.known_ms += dt_ms;
    return ended && whole && mean_W > this.contract_W ? mean_W : undefined;
  }
}
