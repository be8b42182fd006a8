/**
 * io/modbusSerial — the one encoder of requests and parser of replies on the client side, made of
 * modbus-serial's client on a port that never leaves memory.
 *
 * Decides nothing: which bytes a request is, and which registers a validated reply holds. Must
 * never: see a reply that `modbus` did not validate, open a real port, start a timer, or keep
 * anything between two calls.
 */
export { createPduCodec } from './pduCodec';
