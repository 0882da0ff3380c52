import { describe, expect, test } from 'vitest';
import { projectSql } from '../../sandbox/supabase/project-sql.ts';

const fitted = (given: string) => projectSql(given, 'sandbox_a_b').sql;

describe('SQL for the sandbox’s server', () => {
  test('loses the options of hnsw and ivfflat, and keeps its places', () => {
    const given = `create index on a using hnsw (e extensions.vector_cosine_ops) with (m = 16,
  ef_construction = 64); select 1 from b where x in (1)`;
    const sql = fitted(given);
    expect(sql).not.toContain('ef_construction');
    expect(sql).toHaveLength(given.length);
    expect(sql.indexOf('select 1')).toBe(given.indexOf('select 1'));
    expect(sql.split('\n')).toHaveLength(2);
  });

  test.each([
    'create index on a using btree (id) with (fillfactor = 70)',
    'create table a (id int) with (fillfactor = 70)',
    'create index on a using hnsw (e vector_l2_ops); create index on b (id) with (fillfactor = 70)',
    "alter role app set search_path = ''",
    'alter role postgres in database postgres set search_path to x',
    'alter role anon nologin',
  ])('is otherwise as it was given: %s', (given) => {
    expect(fitted(given)).toBe(given);
  });

  test('keeps settings of the platform’s roles in its own database', () => {
    expect(fitted(`ALTER ROLE "authenticator" SET pgrst.db_schemas = 'public, api'`)).toBe(
      `ALTER ROLE "authenticator" in database "sandbox_a_b" SET pgrst.db_schemas = 'public, api'`,
    );
    expect(fitted('alter user anon reset all')).toBe('alter user anon in database "sandbox_a_b" reset all');
  });

  test('tells the place of an error in the text as it was given', () => {
    const given = `select 1; alter role anon set a.b = 1;\nalter role postgres set c.d = 2; selec 2`;
    const { sql, originOf } = projectSql(given, 'x');
    for (const words of ['select 1', 'set a.b', 'set c.d', 'selec 2'])
      expect(originOf(sql.indexOf(words) + 1)).toBe(given.indexOf(words) + 1);
  });
});
