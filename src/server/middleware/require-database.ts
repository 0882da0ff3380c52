/** 503 until the database was there once, with all of its tables. Whether it still is, each statement finds out. */
import type { RequestHandler } from 'express';
import type { Pool } from '../../ledger/pool.ts';
import { requireLedger } from '../../ledger/migrate.ts';
import { databaseAway } from '../problem.ts';

export function requireDatabase(pool: Pool): RequestHandler {
  let wasThere = false;
  return async (_request, _response, next) => {
    if (!wasThere)
      await requireLedger(pool).catch((error: unknown) => {
        throw databaseAway(error);
      });
    wasThere = true;
    next();
  };
}
