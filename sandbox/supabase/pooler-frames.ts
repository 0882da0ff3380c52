import { Transform } from 'node:stream';
import { projectSql } from './project-sql.ts';

const query = 'Q'.codePointAt(0);
const parse = 'P'.codePointAt(0);

/** Passes a client's messages on; the SQL in them is made such that the sandbox's server can take it. */
export function frames(database: string): Transform {
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
        this.push(fitted(pending.subarray(0, length), database));
        pending = pending.subarray(length);
      }
      done();
    },
  });
}

/** A message with fitting SQL. Read as one character per byte, so that no letter is changed. */
function fitted(message: Buffer, database: string): Buffer {
  const { sql } = projectSql(message.toString('latin1'), database);
  const result = Buffer.from(sql, 'latin1');
  result.writeUInt32BE(result.length - 1, 1);
  return result;
}
