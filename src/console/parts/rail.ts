/**
 * The rail: a provisioning's own steps from left to right, and under it their undo from right to left.
 *
 * The run lane keeps what the run has done; the undo lane says what became of it.
 */
import type { Provisioning, Resource, StepInfo, StepOf, TimelineRow } from '../data.ts';
import { html, type Content, type Html } from '../html.ts';
import { duration, timeOfDay } from './format.ts';
import { glyph, type Sign } from './glyph.ts';
import { shortNounOf, stepSign } from './states.ts';
import { since } from './times.ts';

/** One place of the undo lane. */
export interface UndoNode {
  readonly sign: Sign;
  readonly detail: string | undefined;
  /** How the line that leads on from it is drawn. */
  readonly line: 'planned' | 'done' | 'none';
}

interface Railed {
  readonly provisioning: Provisioning;
  readonly timeline: readonly TimelineRow[];
  readonly steps: readonly StepInfo[];
  readonly now: Date;
}

export function rail({ provisioning, timeline, steps, now }: Railed): Html {
  const nodes = provisioning.steps.map((step, index) => {
    const info = steps.find(({ name }) => name === step.name);
    const resources = provisioning.resources.filter(
      (one) => one.step === step.name && one.origin === 'created',
    );
    const undo = undoNode(provisioning, step, {
      info,
      resources,
      undo: timeline.find((row) => row.direction === 'undo' && row.step === step.name),
      goesWith: goesWith(provisioning, steps, index),
    });
    return { step, title: info?.title ?? step.name, resources, undo };
  });
  const count = nodes.length;
  const failedAt = nodes.findIndex(({ step }) => step.status === 'failed');
  return html`<section class="rail steps-${count}" aria-label="Steps">
    <h2 class="meta lane-name">
      Run, <span class="wide">left to right</span><span class="narrow">downwards</span>
    </h2>
    <ol class="lane run">
      ${nodes.map(({ step, title, resources }, index) => {
        const of = stepSign(step.status);
        const next = nodes[index + 1];
        const isPassed = of.tone === 'good';
        return html`<li class="${isPassed ? 'passed' : 'ahead'}${index === failedAt ? ' dropped' : ''}">
          <p class="node">
            ${glyph(of, true)}<span class="title">${title}</span
            >${next === undefined ? '' : html`<span class="line"></span>`}
          </p>
          <p class="detail">
            <span class="hidden">Step ${index + 1} of ${count}, ${title}, </span>${runDetail(step, of, now)}
          </p>
          ${secondLine(step, resources)}
        </li>`;
      })}
    </ol>
    <h2 class="meta lane-name undo-name">
      Undo, <span class="wide">right to left</span
      ><span class="narrow">upwards</span
      >${provisioning.rollback.status === 'none' ? '. Only if a step fails for good, or somebody asks for it' : ''}
    </h2>
    <ol class="lane undo" reversed>
      ${nodes.map(
        ({ undo, title }, index) =>
          html`<li class="${undo.line}">
            <p class="node">
              ${glyph(undo.sign, true)}<span
                class="${undo.line === 'planned' || undo.sign.glyph === 'none' ? 'plan' : 'title'} ${undo.sign.tone === 'needed' ? 'needed' : ''}"
                ><span class="hidden">Undo of step ${index + 1}, ${title}: </span>${undo.sign.word}</span
              >${index === count - 1 ? '' : html`<span class="line"></span>`}
            </p>
            ${undo.detail === undefined ? '' : html`<p class="detail">${undo.detail}</p>`}
          </li>`,
      )}
    </ol>
  </section>`;
}

function runDetail(step: StepOf, of: Sign, now: Date): Content {
  const word = html`<span class="${of.tone}"
    >${of.tone === 'failed' ? html`<b>${of.word}</b>` : of.word}</span
  >`;
  if (step.waiting !== null) return html`${word} for ${since(new Date(step.waiting.since), now)}`;
  if (step.startedAt === null) return word;
  const begun = new Date(step.startedAt);
  if (step.finishedAt === null) return html`${word} for ${since(begun, now)}`;
  return html`${word}, ${duration(Date.parse(step.finishedAt) - begun.getTime())}`;
}

function secondLine(step: StepOf, resources: readonly Resource[]): Content {
  if (step.status === 'failed' && step.error !== null)
    return html`<p class="detail">${step.error.message}</p>`;
  if (step.status === 'skipped') return html`<p class="detail">never began</p>`;
  const [first] = resources;
  const attempts = step.attempts > 1 ? `${step.attempts} attempts` : undefined;
  const text = [first?.name, attempts].filter((part) => part !== undefined).join(', ');
  return text === '' ? '' : html`<p class="detail name">${text}</p>`;
}

interface UndoFacts {
  readonly info: StepInfo | undefined;
  readonly resources: readonly Resource[];
  readonly undo: TimelineRow | undefined;
  /** What its work is a part of, where it makes nothing of its own. */
  readonly goesWith: string | undefined;
}

/** What would become, becomes or became of the work of a step. Pure. */
export function undoNode(provisioning: Provisioning, step: StepOf, facts: UndoFacts): UndoNode {
  const { rollback } = provisioning;
  const { resources, undo } = facts;
  const hasBegun = step.startedAt !== null;
  const isPlanned = rollback.status === 'none' || rollback.status === 'pending';
  if (!hasBegun) {
    const word =
      rollback.status === 'none' && step.status !== 'skipped' ? 'nothing made yet' : 'nothing was made';
    return {
      sign: { glyph: 'none', tone: 'quiet', word },
      detail: undefined,
      line: isPlanned ? 'planned' : 'none',
    };
  }
  const made = resources.filter(({ state }) => state !== 'forgotten');
  if (made.length === 0 && facts.goesWith !== undefined) {
    const word = `${isPlanned ? 'goes' : 'gone'} with the ${facts.goesWith}`;
    const isGone = undo?.entries.at(-1)?.endedAs === 'succeeded';
    if (isPlanned || isGone)
      return {
        sign: { glyph: 'none', tone: 'quiet', word },
        detail: undefined,
        line: isPlanned ? 'planned' : 'done',
      };
  }
  if (isPlanned || undo === undefined) {
    const nouns =
      made.length > 0
        ? made.map(({ kind }) => shortNounOf(kind))
        : (facts.info?.kinds ?? []).map(shortNounOf);
    const verb = rollback.status === 'none' ? 'would delete' : 'will delete';
    const word = nouns.length === 0 ? 'nothing to delete' : `${verb} the ${nouns.join(' and the ')}`;
    return { sign: { glyph: 'willUndo', tone: 'quiet', word }, detail: undefined, line: 'planned' };
  }
  const last = undo.entries.at(-1);
  if (last?.endedAs === 'succeeded') {
    const gone = made.find(({ goneAt }) => goneAt !== null);
    const detail =
      gone?.goneAt == null
        ? 'nothing was there'
        : `${shortNounOf(gone.kind)} seen gone ${timeOfDay(new Date(gone.goneAt))}`;
    return { sign: { glyph: 'undone', tone: 'quiet', word: 'Undone' }, detail, line: 'done' };
  }
  if (last?.endedAs === 'failed')
    return {
      sign: { glyph: 'incomplete', tone: 'needed', word: 'Undo failed' },
      detail: last.error?.message,
      line: 'done',
    };
  const waitsFor = last?.kind === 'wait' ? `waits for ${last.for ?? 'the provider'}` : undefined;
  return { sign: { glyph: 'undoing', tone: 'accent', word: 'Undoing' }, detail: waitsFor, line: 'done' };
}

/** A step that makes nothing of its own works inside what the step before it has made. */
function goesWith(provisioning: Provisioning, steps: readonly StepInfo[], index: number): string | undefined {
  const kindsOf = (name: string | undefined) => steps.find((step) => step.name === name)?.kinds ?? [];
  if (kindsOf(provisioning.steps[index]?.name).length > 0) return undefined;
  const before = provisioning.steps.slice(0, index).findLast(({ name }) => kindsOf(name).length > 0);
  const [kind] = kindsOf(before?.name);
  return kind === undefined ? undefined : shortNounOf(kind);
}
