/**
 * io/tcp — Modbus TCP over one connection, as a frame port.
 *
 * Decides: which transaction id a request gets, which frame answers it, when a connection is given
 * up and made again. Must never: use an id again inside its late window, trust a stream after a
 * framing error, or keep a request across a connection.
 */
export { TcpFramePort, type TcpPortOptions } from './tcpPort';
