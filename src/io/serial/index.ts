/**
 * io/serial — Modbus RTU frames on serial ports, through @serialport/stream with any binding.
 *
 * Decides: when a byte may be written (t3.5 kept, port open, deadline not passed), when a read
 * begins (hold-back), when a lost port is opened again. Must never: keep a written frame across a
 * close, reuse a stream object, deliver a frame that `modbus` did not validate, or touch RTS.
 */
export { SerialFramePort, type SerialPortOptions } from './serialPort';
export { SerialError, type SerialErrorCode } from './serialError';
