import { describe, expect, test } from 'vitest';
import { idempotencyKeyOf, readRows, type Row } from '../../src/cli/batch/rows.ts';

const csv = (text: string) => readRows(Buffer.from(text), 'csv');
const header = 'clientId,clientName,orgEmail,tier';
const acme = { clientId: 'acme', clientName: 'Acme, Ltd', orgEmail: 'ops@acme.example', tier: 'starter' };

describe('a CSV file', () => {
  test.each([
    ['commas', `${header}\nacme,"Acme, Ltd",ops@acme.example,starter\n`],
    ['semicolons', `clientId;clientName;orgEmail;tier\nacme;Acme, Ltd;ops@acme.example;starter\n`],
    ['a byte order mark', `\uFEFF${header}\nacme,"Acme, Ltd",ops@acme.example,starter`],
    ['lines of Windows', `${header}\r\nacme,"Acme, Ltd",ops@acme.example,starter\r\n\r\n`],
    ['other spellings', 'Client ID; Name ;E-Mail;Tier\nacme;Acme, Ltd;ops@acme.example;starter'],
    ['empty optional cells', `${header},callbackUrl\nacme,"Acme, Ltd",ops@acme.example,starter,`],
  ])('with %s is read', (_name, text) => {
    const { rows, problems } = csv(text.replace('E-Mail', 'Email'));
    expect(problems).toEqual([]);
    expect(rows.map(({ order }) => order)).toEqual([acme]);
  });

  test('every problem of every row is named by line and column, and no row is given', () => {
    const { rows, problems } = csv(
      `${header}\nAcme!,,ops,gold\n\ngood,Good,ops@good.example,starter\ngood,Again,ops@good.example,starter\n`,
    );
    expect(rows).toEqual([]);
    expect(problems).toEqual([
      'line 2, clientId: must be lower-case letters and digits, in groups joined by single hyphens',
      'line 2, clientName: is missing',
      'line 2, orgEmail: must be an email address',
      'line 2, tier: must be one of starter, professional, enterprise',
      'line 5, clientId: good is in line 4 already',
    ]);
  });

  test.each([
    ['an unknown column', 'clientId,colour\nacme,red', /line 1: no column is called "colour"/],
    ['a column twice', 'clientId,id\nacme,acme', /two columns for clientId/],
    [
      'too many cells',
      `${header}\nacme,Acme,a@b.example,starter,more`,
      /line 2: 5 cells, and the first line has 4/,
    ],
    ['an open quote', `${header}\nacme,"Acme,a@b.example,starter`, /no CSV/],
    ['nothing in it', '', /is empty/],
    ['a header alone', header, /names no client/],
  ])('with %s is refused', (_name, text, problem) => {
    expect(csv(text).problems.join('\n')).toMatch(problem);
  });

  test('in another encoding is refused', () => {
    const utf16 = Buffer.from(`\uFEFF${header}`, 'utf16le');
    expect(readRows(utf16, 'csv').problems).toEqual(['the file is not UTF-8: save it as such']);
    expect(readRows(Buffer.from([0x4d, 0xfc]), 'csv').problems).toHaveLength(1);
  });
});

describe('a JSON file', () => {
  const json = (value: unknown) => readRows(Buffer.from(JSON.stringify(value)), 'json');

  test('is a list of orders', () => {
    expect(json([acme]).rows.map(({ order }) => order)).toEqual([acme]);
  });

  test('its problems are named by item and field', () => {
    expect(json([acme, { ...acme, clientId: 7, colour: 'red' }]).problems).toEqual([
      'item 2, clientId: must be a string',
      'item 2, colour: is not known',
    ]);
    expect(json({ acme }).problems).toEqual(['the file must be a JSON list of objects, one per client']);
    expect(readRows(Buffer.from('{'), 'json').problems[0]).toMatch(/is no JSON/);
  });
});

describe('the key of a row', () => {
  const rowOf = (text: string): Row => {
    const [row] = csv(text).rows;
    if (row === undefined) throw new Error('no row');
    return row;
  };
  const row = rowOf(`${header}\nacme,"Acme, Ltd",ops@acme.example,starter`);

  test('is the same however the row is written, and wherever it stands', () => {
    const again = rowOf('tier;id;email;name\nstarter; acme ;ops@acme.example;Acme, Ltd');
    expect(idempotencyKeyOf(again, 1)).toBe(idempotencyKeyOf(row, 1));
  });

  test('is another one for another order, and for another attempt', () => {
    const other = rowOf(`${header}\nacme,"Acme, Ltd",ops@acme.example,enterprise`);
    expect(idempotencyKeyOf(other, 1)).not.toBe(idempotencyKeyOf(row, 1));
    expect(idempotencyKeyOf(row, 2)).not.toBe(idempotencyKeyOf(row, 1));
  });

  test('is one that the API takes, for the longest client id too', () => {
    const long = rowOf(`${header}\n${'a'.repeat(50)},Acme,ops@acme.example,starter`);
    expect(idempotencyKeyOf(long, 999)).toMatch(/^[\x21-\x7e]{1,255}$/);
  });
});
