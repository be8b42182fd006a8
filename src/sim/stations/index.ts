/**
 * sim/stations — simulated charging stations: an honest profile engine, vehicles with delays, a cut
 * input, and faults. They tell the truth about their current only to the site simulator.
 *
 * Decides: what a station draws. Must never: look into the controller (it hears OCPP only), or be
 * part of a shipped process.
 */
export * from './types';
export { memoryTransport } from './memoryTransport';
export { createSimStations } from './simStations';
export { generateSessions } from './sessions';
export type { SessionPlan } from './sessions';
export { webSocketTransport } from './webSocketTransport';
export type { WebSocketTransportOptions } from './webSocketTransport';
