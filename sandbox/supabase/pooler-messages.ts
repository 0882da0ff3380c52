import type { PoolerRefusal } from './pooler.ts';

// The codes that stand where a startup message has its protocol version: PostgreSQL's protocol, message formats.
const cancelRequest = 80_877_102;
const sslRequest = 80_877_103;
const gssRequest = 80_877_104;
const protocolVersion = 196_608;

/** Whether a client asks for encryption, which the sandbox has not. */
export function isEncryptionRequest(message: Buffer): boolean {
  const code = message.readUInt32BE(4);
  return code === sslRequest || code === gssRequest;
}

/** Whether a client wants a statement of another connection to end. */
export function isCancelRequest(message: Buffer): boolean {
  return message.readUInt32BE(4) === cancelRequest;
}

/** The parameters of a startup message: `user`, `database` and more. */
export function readStartup(message: Buffer): Map<string, string> {
  const words = message.subarray(8).toString('utf8').split('\0');
  const parameters = new Map<string, string>();
  for (let index = 0; words[index] !== undefined && words[index] !== ''; index += 2)
    parameters.set(words[index] ?? '', words[index + 1] ?? '');
  return parameters;
}

/** A startup message with these parameters. */
export function writeStartup(parameters: ReadonlyMap<string, string>): Buffer {
  const words = [...parameters].flatMap(([name, value]) => [name, value]);
  const body = Buffer.from(`${words.map((word) => `${word}\0`).join('')}\0`);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(body.length + 8, 0);
  head.writeUInt32BE(protocolVersion, 4);
  return Buffer.concat([head, body]);
}

/** A refusal of the connection. */
export function errorResponse({ code, message }: PoolerRefusal): Buffer {
  const body = Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${message}\0\0`);
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}
