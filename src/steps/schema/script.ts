/**
 * The whole transaction as one text, for an endpoint that takes only one and tells no more of an error than psql prints.
 *
 * The statements run in blocks of PL/pgSQL that count them, and add the number of the one that failed to its message.
 */
import { commandsOf, type Command, type Origin } from './commands.ts';
import { quoted } from './literals.ts';
import { cleanSessionSql } from './transaction-sql.ts';
import { beginning, ending, type Application } from './transport.ts';

export interface Script {
  readonly sql: string;
  /** The statements by the numbers that errors name them by. */
  readonly origins: readonly Origin[];
}

/** The number of the statement, and what PostgreSQL said of it. */
export const numberedMessage = /^\[statement (\d+)\] /;

export function applyScript(application: Application): Script {
  const origins: Origin[] = [];
  const clean = cleanSessionSql(undefined);
  const parts: string[] = [...beginning(application)];
  for (const file of application.template.files) {
    parts.push(...clean);
    let block: string[] = [];
    const close = () => {
      if (block.length > 0) parts.push(countingBlock(block));
      block = [];
    };
    for (const command of commandsOf(file)) {
      if (isRefusedInBlock(command)) {
        close();
        parts.push(command.sql);
        continue;
      }
      if (command.origin !== undefined) {
        block.push(`cp_at := ${origins.length};`);
        origins.push(command.origin);
      }
      block.push(`execute ${quoted(command.sql)};`);
    }
    close();
  }
  parts.push(...clean, ...ending(application));
  return { sql: parts.map((part) => `${part}\n;\n`).join(''), origins };
}

/** `SELECT … INTO a_table`, which PL/pgSQL takes for its own. It stands alone, and an error of it has no number. */
function isRefusedInBlock({ sql }: Command): boolean {
  return /^(?:select|with)\b[^]*\binto\b/i.test(sql) && !/\binsert\s+into\b/i.test(sql);
}

function countingBlock(lines: readonly string[]): string {
  return `do ${quoted(`
declare cp_at integer; cp_code text; cp_message text; cp_detail text; cp_hint text;
begin
${lines.join('\n')}
exception when others or query_canceled or assert_failure then
  get stacked diagnostics cp_code = returned_sqlstate, cp_message = message_text,
    cp_detail = pg_exception_detail, cp_hint = pg_exception_hint;
  raise exception using errcode = cp_code, message = format('[statement %s] %s', cp_at, left(cp_message, 2000)),
    detail = left(cp_detail, 2000), hint = left(cp_hint, 2000);
end`)}`;
}
