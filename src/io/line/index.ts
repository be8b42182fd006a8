/**
 * io/line — back ends of the watchdog line: where an edge goes, and what the feedback contact says;
 * and the other contacts of the board.
 *
 * Decides nothing: an edge is given when the caller says so, a contact that cannot be read is
 * unknown. Must never: give an edge by itself, write the character that disarms a watchdog ('V',
 * watchdog-api), keep a level up, or wait for a contact.
 */
export { openInput, readInput } from './inputs';
export type { InputState } from './levelWatch';
export type { Input, InputHost } from './programInput';
export { failedLine, openLine, type LineBackEnd, type LineSpec, parseLineSpec } from './backEnds';
