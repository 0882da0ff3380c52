/** Templates as people have them, through both ways to a project's database. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ConfigurationError, StepFailure } from '../../src/errors.ts';
import { readTemplate } from '../../src/schema/read-template.ts';
import type { Template } from '../../src/schema/template.ts';
import { findWarnings } from '../../src/steps/schema/findings.ts';
import { openProjects, type Projects, type TestProject, type Way } from '../steps/schema/projects.ts';
import { verdicts, type Refusal } from './corpus/verdicts.ts';

const corpus = 'test/schema/corpus';

let projects: Projects;
beforeAll(async () => {
  projects = await openProjects();
});
afterAll(() => projects.stop());

const read = (path: string): Promise<Template> => readTemplate(join(corpus, path));

/** Reads and applies it; answers the refusal. */
async function refusalOf(path: string, project: TestProject): Promise<{ code: string; message: string }> {
  const error = await read(path).then(
    (template) => project.apply(template),
    (unread: unknown) => unread,
  );
  if (error instanceof StepFailure) return error;
  if (error instanceof ConfigurationError) return { code: 'unreadable', message: error.message };
  throw new Error('There was no refusal.', { cause: error });
}

/** Of the place that the error must name. */
function placeOf({ at }: Refusal): RegExp {
  return at === undefined ? /./ : new RegExp(`${at.file}, line ${at.line}\\b`);
}

async function warningsOf(project: TestProject): Promise<string[]> {
  const marker = await project.transport.readApplied(project.id);
  if (marker === undefined) throw new Error('The project has no record of a template.');
  return findWarnings(await project.transport.readFindings(marker), marker.notes).map(({ code }) => code);
}

test('every template of the corpus has a verdict', () => {
  const folders = readdirSync(corpus, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(new Set(folders.map(({ name }) => name))).toEqual(
    new Set(verdicts.map(({ path }) => path.split('/')[0])),
  );
});

describe.each<Way>(['postgres', 'http'])('over %s', (way) => {
  const judged = verdicts.map(({ refusalOverHttp, ...verdict }) => ({
    ...verdict,
    refusal: way === 'http' ? (refusalOverHttp ?? verdict.refusal) : verdict.refusal,
  }));

  describe('is applied', () => {
    const those = judged.filter(({ refusal }) => refusal === undefined);
    test.each(those)('$path: $kind', async ({ path, files, warnings }) => {
      const template = await read(path);
      expect(template.files.map(({ name }) => name)).toEqual(files);
      const project = await projects.open(way);
      expect(await project.apply(template)).toBeUndefined();
      expect(await warningsOf(project)).toEqual(warnings);
    });
  });

  describe('is refused', () => {
    /** Takes all of them: nothing of any may stay. */
    let untouched: TestProject;
    beforeAll(async () => {
      untouched = await projects.open(way);
    });
    const those = judged.flatMap(({ path, kind, refusal }) =>
      refusal === undefined ? [] : [{ path, kind, refusal }],
    );
    test.each(those)('$path: $kind', async ({ path, refusal }) => {
      const { code, message } = await refusalOf(path, untouched);
      expect(code).toBe(refusal.code);
      expect(message).toMatch(placeOf(refusal));
      for (const words of refusal.says) expect(message).toContain(words);
      const left = await untouched.query(
        `select relname from pg_class where relnamespace = 'public'::regnamespace`,
      );
      expect(left).toEqual([]);
      expect(await untouched.transport.readApplied(untouched.id)).toBeUndefined();
    });
  });
});
