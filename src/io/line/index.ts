/**
 * io/line — back ends of the watchdog line: where an edge goes, and what the feedback contact says.
 *
 * Decides nothing: an edge is given when the caller says so. Must never: give an edge by itself,
 * write the character that disarms a watchdog ('V', watchdog-api), or keep a level up.
 */
export { type InputState, readInput } from './inputs';
export { failedLine, openLine, type LineBackEnd, type LineSpec, parseLineSpec } from './backEnds';
