/** The parts that decide: what looks like ours, what a request may delete, and what a command line means. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Knowledge } from '../../src/ledger/orphans.ts';
import { refusalOf } from '../../src/orphans/may-delete.ts';
import { readOptions } from '../../src/commands/orphans/options.ts';
import { standingOf } from '../../src/orphans/standing.ts';
import { tableOf } from '../../src/commands/orphans/table.ts';
import { resourceStates } from '../../src/provisioning.ts';
import { steps } from '../../src/steps/index.ts';
import { provisioningOfMark } from '../../src/steps/mark.ts';
import type { OrphanCandidate } from '../../src/steps/step.ts';

const id = '5f0c6f0e-1111-4222-8333-444455556666';
const now = new Date('2026-11-23T12:00:00Z');
const hoursAgo = (hours: number) => new Date(now.getTime() - hours * 3_600_000);

const candidate: OrphanCandidate = {
  externalId: 'a1',
  name: 'client-acme-app',
  url: undefined,
  createdAt: hoursAgo(48),
  evidence: 'mark',
  provisioningId: id,
};
const nothingKnown: Knowledge = {
  owner: undefined,
  met_by: undefined,
  maker: undefined,
  has_another: false,
  is_in_doubt: false,
};

test.each([
  [`prov-${id}`, id],
  [`prov-${id}-0a1b2c3d`, id],
  [`prov-${id}-`, undefined],
  [`prov-${id.toUpperCase()}`, undefined],
  ['prov-1', undefined],
  [`x prov-${id}`, undefined],
])('the mark "%s" names %s', (mark, named) => expect(provisioningOfMark(mark)).toBe(named));

test('every kind that a step makes is searched for orphans', () => {
  const folder = join(import.meta.dirname, '../../src/steps');
  const files = readdirSync(folder).filter((name) => name.endsWith('.ts'));
  const sources = files.map((file) => readFileSync(join(folder, file), 'utf8'));
  const made = sources.flatMap((text) =>
    [...text.matchAll(/^ {2}kind: '([^']+)'/gm)].map(([, kind = '']) => kind),
  );
  const searched = steps.flatMap(({ resources = [] }) =>
    resources.filter(({ search }) => search !== undefined).map(({ kind }) => kind),
  );
  expect(made).toHaveLength(4);
  expect(searched.toSorted()).toEqual(made.toSorted());
});

describe('an object', () => {
  test.each(resourceStates)('that the ledger made and has as %s', (state) => {
    const { is } = standingOf(candidate, { ...nothingKnown, owner: { provisioningId: id, state } });
    expect(is).toBe(state === 'deleted' || state === 'forgotten' ? 'orphan' : 'owned');
  });

  test.each([
    ['running', 'none', 'in-doubt'],
    ['paused', 'none', 'in-doubt'],
    ['failed', 'running', 'in-doubt'],
    ['succeeded', 'pending', 'in-doubt'],
    ['succeeded', 'none', 'orphan'],
    ['failed', 'completed', 'orphan'],
    ['failed', 'incomplete', 'orphan'],
  ] as const)(
    'with the mark of a provisioning that is %s, rollback %s, is %s',
    (status, rollback, expected) => {
      const maker = { clientId: 'acme', status, rollback };
      expect(standingOf(candidate, { ...nothingKnown, maker }).is).toBe(expected);
    },
  );

  test('that an unresolved creation may have made is in doubt', () => {
    expect(standingOf(candidate, { ...nothingKnown, is_in_doubt: true }).is).toBe('in-doubt');
  });
});

describe('a deletion', () => {
  const request = {
    kind: 'github.repository',
    externalId: 'a1',
    confirmedName: 'client-acme-app',
    olderThanHours: 24,
    isByNameOnly: false,
    requestedBy: 'ines',
  };
  const standing = (one: OrphanCandidate, known: Partial<Knowledge> = {}) =>
    standingOf(one, { ...nothingKnown, ...known });
  const orphan = standing(candidate);

  test('of a marked orphan that is old enough may be', () => {
    expect(refusalOf(request, candidate, orphan, now)).toBeUndefined();
  });

  test('of one whose age is not known, or that is from the future, may not be', () => {
    for (const createdAt of [undefined, hoursAgo(-1), new Date(Number.NaN)])
      expect(refusalOf(request, { ...candidate, createdAt }, orphan, now)).toBeDefined();
  });

  test('of one with a name alone needs the word for it, which overrules nothing else', () => {
    const named = { ...candidate, evidence: 'name', provisioningId: undefined } as const;
    const word = { ...request, isByNameOnly: true };
    const stranger = standing(named);
    expect(refusalOf(request, named, stranger, now)).toMatch(/ONLY ITS NAME .*--by-name-only/);
    expect(refusalOf(word, named, stranger, now)).toBeUndefined();
    expect(refusalOf(word, named, { is: 'owned' }, now)).toContain('owns it');
    expect(refusalOf(word, named, { is: 'in-doubt' }, now)).toContain('let that end first');
    expect(refusalOf(word, { ...named, createdAt: hoursAgo(2) }, stranger, now)).toContain('2.0 hours old');
    expect(refusalOf({ ...word, confirmedName: 'other' }, named, stranger, now)).toContain('is named');
  });

  test('of a copy that carries our mark needs the word for it too, and says why', () => {
    const copy = { ...candidate, evidence: 'name' } as const;
    expect(refusalOf(request, copy, standing(copy), now)).toMatch(
      /OUR MARK UNDER A NAME .*copy.*--by-name-only/,
    );
    expect(refusalOf({ ...request, isByNameOnly: true }, copy, standing(copy), now)).toBeUndefined();
  });

  test('of one whose provisioning has made another one needs it as well: only one can be no copy', () => {
    const copy = standing(candidate, { has_another: true });
    expect(refusalOf(request, candidate, copy, now)).toMatch(/HAS MADE ANOTHER ONE.*copy.*--by-name-only/);
    expect(refusalOf({ ...request, isByNameOnly: true }, candidate, copy, now)).toBeUndefined();
    // The ledger itself has this one as made and as gone: nobody doubts whose it is.
    const owner = { provisioningId: id, state: 'deleted' } as const;
    const both = standing(candidate, { has_another: true, owner });
    expect(refusalOf(request, candidate, both, now)).toBeUndefined();
  });
});

describe('the command line', () => {
  test('looks only, unless told to delete', () => {
    expect(readOptions([], 'ines')).toEqual({ isHelpWanted: false, isJson: false, deletion: undefined });
  });

  test('takes ids with slashes, a name, an age and who asks', () => {
    const args = [
      '--delete',
      'n8n.workflow/a/b',
      '--confirm',
      'Client a',
      '--older-than',
      '2',
      '--by-name-only',
    ];
    expect(readOptions(args, 'ines').deletion).toEqual({
      kind: 'n8n.workflow',
      externalId: 'a/b',
      confirmedName: 'Client a',
      olderThanHours: 2,
      isByNameOnly: true,
      requestedBy: 'ines',
    });
  });

  test.each([
    [['--delete', 'a/b'], '--confirm'],
    [['--delete', 'a', '--confirm', 'x'], '<kind>/<id>'],
    [['--delete', 'a/b', '--confirm', 'x', '--older-than', '0'], 'at least 1'],
    [['--delete', 'a/b', '--confirm', 'x', '--older-than', 'soon'], 'at least 1'],
    [['--confirm', 'x'], 'goes with --delete'],
    [['--by-name-only'], 'goes with --delete'],
    [['--dleete', 'a/b'], '--help'],
    [['a/b'], '--help'],
  ])('%j is refused, and it says why', (args, reason) => {
    expect(() => readOptions(args, 'ines')).toThrow(reason);
  });
});

test('no name can steer the terminal that shows it', () => {
  const name = 'Client \u001b[2Ja\u202e\nb';
  const item = {
    kind: 'n8n.workflow',
    externalId: 'a',
    url: null,
    createdAt: null,
    provisioningId: null,
    note: null,
  };
  const table = tableOf({ checkedAt: now, items: [{ ...item, name, evidence: 'mark' }], errors: [] });
  expect(table.split('\n')[1]).toBe('n8n.workflow  a   Client ?[2Ja??b  ?    mark');
});
