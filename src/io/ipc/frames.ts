/** One frame: 4 bytes length (big-endian), then JSON `{kind, body}` in UTF-8. */
export interface IpcMessage {
  readonly kind: string;
  readonly body: unknown;
}

export const FRAME_MAX_BYTES = 512 * 1024;
const HEADER = 4;

/** Bytes of one message. Throws RangeError above the bound. */
export function encodeMessage(message: IpcMessage): Buffer {
  const body = Buffer.from(JSON.stringify(message));
  if (body.length > FRAME_MAX_BYTES) throw new RangeError(`IPC message ${message.kind} too long`);
  const frame = Buffer.allocUnsafe(HEADER + body.length);
  frame.writeUInt32BE(body.length);
  body.copy(frame, HEADER);
  return frame;
}

/** The bytes of a message, or undefined when it cannot be sent at all: it is dropped, not thrown. */
export function tryEncode(message: IpcMessage): Buffer | undefined {
  try {
    return encodeMessage(message);
  } catch {
    return undefined;
  }
}

/** Cuts a byte stream into messages; `undefined` from `push` means: close the connection. */
export class FrameDecoder {
  private rest: Buffer = Buffer.alloc(0);
  /** Chunks of a frame that is not whole yet; joined once, so that a trickling peer costs nothing. */
  private parts: Buffer[] = [];
  private have = 0;
  private need = HEADER;

  push(chunk: Buffer): readonly IpcMessage[] | undefined {
    this.parts.push(chunk);
    this.have += chunk.length;
    if (this.have < this.need) return [];
    this.rest = this.parts.length === 1 ? chunk : Buffer.concat(this.parts);
    const messages = this.cut();
    this.parts = this.rest.length === 0 ? [] : [this.rest];
    this.have = this.rest.length;
    this.need = this.have < HEADER ? HEADER : HEADER + this.rest.readUInt32BE();
    return messages;
  }

  private cut(): readonly IpcMessage[] | undefined {
    const messages: IpcMessage[] = [];
    while (this.rest.length >= HEADER) {
      const length = this.rest.readUInt32BE();
      if (length > FRAME_MAX_BYTES) return undefined;
      if (this.rest.length < HEADER + length) break;
      const message = parse(this.rest.subarray(HEADER, HEADER + length));
      if (message === undefined) return undefined;
      messages.push(message);
      this.rest = this.rest.subarray(HEADER + length);
    }
    return messages;
  }
}

function parse(bytes: Buffer): IpcMessage | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    if (typeof value !== 'object' || value === null || !('kind' in value)) return undefined;
    const { kind } = value;
    if (typeof kind !== 'string' || kind.length > 64) return undefined;
    return { kind, body: 'body' in value ? value.body : undefined };
  } catch {
    return undefined;
  }
}
