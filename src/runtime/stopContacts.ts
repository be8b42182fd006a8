/**
 * Emergency stop and fire contacts as the cycle takes them. Inputs only: nothing here resets or
 * bypasses their circuit (SAFETY.md "Emergency stop").
 */
const ACTIVE = 'the contact is active';

export class StopContacts {
  private active = false;
  /** Active at least once since the last cycle. */
  private seen = false;
  private because = ACTIVE;

  /** `why`: what is known of the reason, for people. */
  set(active: boolean, why = ACTIVE): void {
    this.active = active;
    if (!active) return;
    this.seen = true;
    this.because = why;
  }

  /** Once per cycle: active now, or at any time since the last cycle. */
  take(): boolean {
    const asked = this.active || this.seen;
    this.seen = false;
    return asked;
  }

  /** Why it was active last. */
  get why(): string {
    return this.because;
  }
}
