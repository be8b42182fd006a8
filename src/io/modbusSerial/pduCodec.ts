import { EventEmitter } from 'node:events';
import ModbusRTU from 'modbus-serial';
import type { DecodedReply, PduCodec, PduRequest } from '../../modbus';

/** What modbus-serial needs of a port: it captures what is written and plays back a reply. */
class CapturePort extends EventEmitter {
  readonly isOpen = true;
  #written: Uint8Array | undefined;

  open(callback: (error: null) => void): void {
    callback(null);
  }

  close(callback?: () => void): void {
    callback?.();
  }

  write(bytes: Uint8Array): void {
    this.#written = bytes;
  }

  take(): Uint8Array {
    const written = this.#written;
    this.#written = undefined;
    if (written === undefined) throw new Error('modbus-serial wrote nothing for the request');
    return written;
  }

  play(reply: Uint8Array): void {
    // A copy of so few bytes costs less than the buffer behind a short array.
    this.emit('data', Buffer.from(reply));
  }
}

type Outcome =
  { readonly error: unknown } | { readonly data: readonly (number | boolean)[] } | undefined;

function issue(
  client: ModbusRTU,
  unit: number,
  request: PduRequest,
  done: (outcome: Outcome) => void,
): void {
  const onRead = (error: unknown, result?: { data: readonly (number | boolean)[] }): void =>
    done(result === undefined ? { error } : { data: result.data });
  const onWrite = (error: unknown): void => done(error ? { error } : { data: [] });
  switch (request.kind) {
    case 'read':
      if (request.table === 'holding') {
        client.writeFC3(unit, request.address, request.count, onRead);
      } else client.writeFC4(unit, request.address, request.count, onRead);
      return;
    case 'read-bits':
      if (request.table === 'coil') {
        client.writeFC1(unit, request.address, request.count, onRead);
      } else client.writeFC2(unit, request.address, request.count, onRead);
      return;
    case 'write':
      if (request.single === true) {
        client.writeFC6(unit, request.address, request.values[0] ?? 0, onWrite);
      } else client.writeFC16(unit, request.address, [...request.values], onWrite);
      return;
    case 'write-coil':
      client.writeFC5(unit, request.address, request.value, onWrite);
      return;
  }
}

function refusal(error: unknown): DecodedReply {
  const text = error instanceof Error ? error.message : String(error);
  if (typeof error === 'object' && error !== null && 'modbusCode' in error) {
    const { modbusCode } = error;
    if (typeof modbusCode === 'number') return { ok: false, exception: modbusCode, text };
  }
  return { ok: false, text: `modbus-serial refused a reply that was found valid: ${text}` };
}

/**
 * A codec on top of modbus-serial 8. Synchronous: no timer, no promise. `encode` throws when
 * modbus-serial writes nothing (a request that `malformed` refuses); `decode` never throws.
 */
export function createPduCodec(): PduCodec {
  const port = new CapturePort();
  const client = new ModbusRTU(port);
  // Without a timeout modbus-serial arms no timer for a transaction.
  client.setTimeout(0);
  client.open(() => undefined);
  return {
    encode(unit, request) {
      issue(client, unit, request, () => undefined);
      return port.take();
    },
    decode(unit, request, reply) {
      let outcome: Outcome;
      issue(client, unit, request, (result) => {
        outcome = result;
      });
      port.take();
      port.play(reply);
      if (outcome === undefined) return { ok: false, text: 'modbus-serial gave no result' };
      if ('error' in outcome) return refusal(outcome.error);
      // modbus-serial returns the padding bits of the last byte, too.
      const data =
        request.kind === 'read-bits' ? outcome.data.slice(0, request.count) : outcome.data;
      return { ok: true, registers: data.map(Number) };
    },
  };
}
