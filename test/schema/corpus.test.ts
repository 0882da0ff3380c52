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

async function read(path: string): Promise<Template | Error> {
  try {
    return await readTemplate(join(corpus, path));
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
}

function expectRefusal(error: unknown, { code, at, says }: Refusal): void {
  if (!(error instanceof StepFailure || error instanceof ConfigurationError))
    throw new Error('There was no refusal.', { cause: error });
  const { message } = error;
  expect(error instanceof StepFailure ? error.code : 'unreadable').toBe(code);
  if (at !== undefined) expect(message).toMatch(new RegExp(`${at.file}, line ${at.line}\\b`));
  for (const words of says) expect(message).toContain(words);
}

async function warningsOf(project: TestProject): Promise<string[]> {
  const marker = await project.transport.readMarker(project.id);
  if (marker === undefined) throw new Error('The project has no record of a template.');
  return findWarnings(await project.transport.readFindings(marker), marker.notes).map(({ code }) => code);
}

test('every template of the corpus has a verdict', () => {
  const folders = readdirSync(corpus, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(folders.map(({ name }) => name).toSorted()).toEqual(
    verdicts.map(({ path }) => path.split('/')[0]).toSorted(),
  );
});

describe.each<Way>(['postgres', 'http'])('over %s', (way) => {
  /** Takes all that is refused: nothing of it may stay. */
  let untouched: TestProject;
  beforeAll(async () => {
    untouched = await projects.open(way);
  });

  test.each(verdicts)('$kind ($path)', async ({ path, files, warnings, ...verdict }) => {
    const template = await read(path);
    const refusal = way === 'http' ? (verdict.refusalOverHttp ?? verdict.refusal) : verdict.refusal;
    if (refusal !== undefined) {
      const error = template instanceof Error ? template : await untouched.apply(template);
      expectRefusal(error, refusal);
      expect(await untouched.transport.readMarker(untouched.id)).toBeUndefined();
      return;
    }
    if (template instanceof Error) throw template;
    expect(template.files.map(({ name }) => name)).toEqual(files);
    const project = await projects.open(way);
    expect(await project.apply(template)).toBeUndefined();
    expect(await warningsOf(project)).toEqual(warnings);
  });
});
