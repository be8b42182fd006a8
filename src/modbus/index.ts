/**
 * modbus — frames, validates and schedules Modbus; sans-IO.
 *
 * Decides: which request goes on the bus next, whether a reply answers that request, when a device
 * counts as dead, and what a server answers. Must never: encode a client request (that is the
 * codec's, behind `PduCodec`), open a port, read a clock, or report a value it did not validate.
 *
 * Terms: *PDU* function code and data; *ADU* unit + PDU + CRC (the one frame form here, also for
 * TCP); *t3.5* silence between RTU frames; *tainted* unit: one whose late reply may still come;
 * *client* asks, *server* answers.
 */
export * from './pdu';
export * from './framePort';
export { Reconnection, type ReconnectionOptions } from './reconnection';
export { PortSwitch, startOf, type Tap, type TappedFrame } from './portSwitch';
export * from './bus';
export { BusEngine, type BusEngineOptions } from './busEngine';
export { createBus, type BusOptions } from './busDriver';
export { QUEUE_LIMIT } from './busQueue';
export * from './crc16';
export * from './lineTiming';
export * from './requestDecoder';
export * from './replyCheck';
export * from './rtuReceiver';
export * from './rtuLink';
export * from './mbap';
export * from './server';
export * from './coalesce';
