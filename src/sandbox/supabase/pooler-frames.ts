import { Transform } from 'node:stream';
import { withoutIndexOptions } from './index-options.ts';

const query = 'Q'.codePointAt(0);
const parse = 'P'.codePointAt(0);

/** Passes a client's messages on; those that carry SQL lose what the stand-ins can't take. */
export function frames(): Transform {
  let pending: Buffer = Buffer.alloc(0);
  /** Bytes that are still to come of a message that is passed on as it is. */
  let passing = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      for (;;) {
        if (passing > 0) {
          const part = pending.subarray(0, passing);
          pending = pending.subarray(part.length);
          passing -= part.length;
          if (part.length > 0) this.push(part);
        }
        if (passing > 0 || pending.length < 5) break;
        const length = pending.readUInt32BE(1) + 1;
        if (pending[0] !== query && pending[0] !== parse) {
          passing = length;
          continue;
        }
        if (pending.length < length) break;
        this.push(withoutOptions(pending.subarray(0, length)));
        pending = pending.subarray(length);
      }
      done();
    },
  });
}

/** One character per byte, so that the message stays as long as it says. */
function withoutOptions(message: Buffer): Buffer {
  return Buffer.from(withoutIndexOptions(message.toString('latin1')), 'latin1');
}
