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
export * from './bus';
