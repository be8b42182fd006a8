import type { OcppProtocol } from './config';
import type { CallFrame, ErrorFrame, ResultFrame } from './frame';
import type { Denial } from './relayTypes';

/** A denial as the answer to the call it belongs to. Pure. */
export function denialOf(call: CallFrame, denial: Denial): ResultFrame | ErrorFrame {
  return denial.kind === 'payload'
    ? { type: 'result', id: call.id, payload: denial.payload }
    : errorFrame(call.id, denial.code, denial.description);
}

/** Pure. */
export function errorFrame(id: string, code: string, description: string): ErrorFrame {
  return { type: 'error', id, code, description };
}

/** 1.6 spells it FormationViolation, 2.0.1 FormatViolation. Pure. */
export const formationCode = (protocol: OcppProtocol): string =>
  protocol === 'ocpp1.6' ? 'FormationViolation' : 'FormatViolation';

/**
 * Whether a message that cannot be used may be answered: an answer never, and of 2.1 neither
 * CALLRESULTERROR (5) nor SEND (6) (2.1 part 4, 4.2.4). Pure.
 */
export function answerable(protocol: OcppProtocol, messageType: number | undefined): boolean {
  if (messageType === 3 || messageType === 4) return false;
  return !(protocol === 'ocpp2.1' && (messageType === 5 || messageType === 6));
}

/** Questions of a CPMS that change nothing; all its other calls are recorded. */
const QUESTION = /^(Get|Trigger|ExtendedTrigger|SetDisplay|ClearDisplay|CostUpdated|SetMonitoring)/;

/** Whether a CALL of the CPMS changes something, so that the audit must know of it. Pure. */
export const isControl = (action: string): boolean => !QUESTION.test(action);
