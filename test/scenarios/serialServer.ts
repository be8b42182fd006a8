/** A device on a serial port for tests: collects bytes until a frame is complete, answers it. */
import { autoDetect } from '@serialport/bindings-cpp';
import { SerialPortStream } from '@serialport/stream';
import { crcHolds } from '../../src/modbus';

/** Serves `answer` on `path` at 19200 8N1; the result closes it. */
export async function serveOnPort(
  path: string,
  answer: (adu: Uint8Array) => Uint8Array | null,
): Promise<() => Promise<void>> {
  const binding = autoDetect();
  const stream = new SerialPortStream({ binding, path, baudRate: 19200, autoOpen: false });
  await new Promise<void>((resolve, reject) => {
    stream.open((error) => (error ? reject(error) : resolve()));
  });
  let held = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    held = Buffer.concat([held, chunk]).subarray(-256);
    if (held.length < 8 || !crcHolds(held)) return;
    const reply = answer(held);
    held = Buffer.alloc(0);
    if (reply !== null) stream.write(Buffer.from(reply));
  });
  return () =>
    new Promise<void>((resolve) => {
      stream.close(() => resolve());
    });
}
