/** The command line of `npm run orphans`. */
import { parseArgs } from 'node:util';
import { ConfigurationError } from '../../errors.ts';
import type { DeletionRequest } from '../../orphans/may-delete.ts';

export interface OrphanOptions {
  readonly isHelpWanted: boolean;
  /** For programs. */
  readonly isJson: boolean;
  /** Undefined: look only. */
  readonly deletion: DeletionRequest | undefined;
}

const usualAgeHours = 24;
const leastAgeHours = 1;

export const help = `Objects at the providers that look like ours and that nothing in the ledger owns.

  npm run orphans                           looks, and changes nothing
  npm run orphans -- --json                 the same for programs, as GET /api/orphans answers
  npm run orphans -- --delete <kind>/<id> --confirm "<name>"
                                            deletes that one, by its id

  --confirm <name>      its name, exactly as listed
  --older-than <hours>  the least age (default ${usualAgeHours}, at least ${leastAgeHours})
  --by-name-only        it has no mark of ours, and you know that it is ours all the same
  --by <who>            who asks, for the record (default: your user name)
  --help                this text

Exit code 0: the report is whole, whether it lists anything or not; or the object is gone.
`;

/** Reads the arguments after the program's name. Throws a ConfigurationError that says what is wrong. */
export function readOptions(args: readonly string[], userName: string): OrphanOptions {
  const values = parse(args);
  return {
    isHelpWanted: values.help ?? false,
    isJson: values.json ?? false,
    deletion: readDeletion(values, userName),
  };
}

function readDeletion(values: ReturnType<typeof parse>, userName: string): DeletionRequest | undefined {
  const target = values.delete;
  if (target === undefined) {
    const stray = (['confirm', 'older-than', 'by-name-only', 'by'] as const).find(
      (name) => values[name] !== undefined,
    );
    if (stray !== undefined) throw new ConfigurationError(`--${stray} goes with --delete only.`);
    return undefined;
  }
  const [, kind = '', externalId = ''] = /^([^/]+)\/(.+)$/.exec(target) ?? [];
  if (kind === '') throw new ConfigurationError('--delete: must be <kind>/<id>, as in the list.');
  if (values.confirm === undefined)
    throw new ConfigurationError('--delete needs --confirm "<name>", its name exactly as listed.');
  const olderThanHours = Number(values['older-than'] ?? usualAgeHours);
  if (!(olderThanHours >= leastAgeHours))
    throw new ConfigurationError(`--older-than: must be a number of hours, at least ${leastAgeHours}.`);
  return {
    kind,
    externalId,
    confirmedName: values.confirm,
    olderThanHours,
    isByNameOnly: values['by-name-only'] ?? false,
    requestedBy: values.by ?? userName,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        json: { type: 'boolean' },
        delete: { type: 'string' },
        confirm: { type: 'string' },
        'older-than': { type: 'string' },
        'by-name-only': { type: 'boolean' },
        by: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigurationError(`${reason}\nnpm run orphans -- --help explains the options.`, {
      cause: error,
    });
  }
}
