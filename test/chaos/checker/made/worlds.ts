/** Worlds in which every promise was kept. Each call makes a new one, to be broken. */
import {
  beginStep,
  doStep,
  end,
  endRollback,
  endStep,
  failStep,
  planUndo,
  undo,
  undoInVain,
} from './course.ts';
import type { WorldDraft } from './draft.ts';
import { stepNames } from './scribe.ts';
import { beginStory, type Story, type Tale } from './story.ts';

/** All steps, or those before `until`. */
function doSteps(tale: Tale, world: WorldDraft, until?: string): void {
  const most = until === undefined ? stepNames.length : stepNames.indexOf(until);
  for (const step of stepNames.slice(0, most)) doStep(tale, world, step);
}

function undoAll(tale: Tale, from: string): void {
  for (const step of stepNames.slice(0, stepNames.indexOf(from) + 1).toReversed()) undo(tale, step);
}

/** Its last step makes its workflow, and fails then. */
function failAtEnd(tale: Tale, outcome: 'failed' | 'paused'): void {
  const step = 'n8n-webhooks';
  beginStep(tale, 'run', step);
  const part = tale.partFor(step);
  const effect = tale.intend(step, `create ${part.kind}`, 'create', part.name);
  tale.make(part);
  tale.conclude(effect, 'confirmed');
  tale.record(part, effect.id);
  failStep(tale, step);
  end(tale, outcome);
}

export function succeeded(story: Story = beginStory(), clientId = 'acme'): WorldDraft {
  const tale = story.accept(clientId);
  doSteps(tale, story.world);
  end(tale, 'succeeded');
  return story.world;
}

/** Two clients, one after the other. */
export function bothSucceeded(): WorldDraft {
  const story = beginStory();
  succeeded(story);
  return succeeded(story, 'beta');
}

export function rolledBack(story: Story = beginStory()): WorldDraft {
  const tale = story.accept('acme');
  doSteps(tale, story.world, 'n8n-webhooks');
  failAtEnd(tale, 'failed');
  undoAll(tale, 'n8n-webhooks');
  story.world.projectDatabases = [];
  endRollback(tale, 'completed');
  return story.world;
}

/** The same client has failed, and succeeds with the next request. */
export function succeededAfterRollback(): WorldDraft {
  const story = beginStory();
  rolledBack(story);
  return succeeded(story);
}

/** The repository is left, since GitHub refuses its deletion. */
export function incomplete(): WorldDraft {
  const story = beginStory();
  const tale = story.accept('acme');
  doSteps(tale, story.world, 'n8n-webhooks');
  failAtEnd(tale, 'failed');
  undo(tale, 'n8n-webhooks');
  undo(tale, 'vercel-deployment');
  undoInVain(tale, story.world, 'github-repo');
  undo(tale, 'database-schema');
  undo(tale, 'supabase-project');
  story.world.projectDatabases = [];
  endRollback(tale, 'incomplete');
  return story.world;
}

export function paused(): WorldDraft {
  const story = beginStory();
  const tale = story.accept('acme');
  tale.row.on_failure = 'pause';
  doSteps(tale, story.world, 'n8n-webhooks');
  failAtEnd(tale, 'paused');
  return story.world;
}

/** Cancelled while the third step was at work. */
export function cancelled(): WorldDraft {
  const story = beginStory();
  const tale = story.accept('acme');
  doSteps(tale, story.world, 'github-repo');
  beginStep(tale, 'run', 'github-repo');
  const part = tale.partFor('github-repo');
  const effect = tale.intend(part.step, `create ${part.kind}`, 'create', part.name);
  tale.request('cancel', 202);
  end(tale, 'cancelled', 'admin');
  tale.make(part);
  tale.conclude(effect, 'confirmed');
  tale.record(part, effect.id);
  undoAll(tale, 'github-repo');
  story.world.projectDatabases = [];
  endRollback(tale, 'completed');
  return story.world;
}

export function offboarded(): WorldDraft {
  const story = beginStory();
  const tale = story.accept('acme');
  doSteps(tale, story.world);
  end(tale, 'succeeded');
  tale.request('rollback', 202);
  planUndo(tale);
  tale.event('rollback.requested', { by: 'admin' });
  undoAll(tale, 'n8n-webhooks');
  story.world.projectDatabases = [];
  endRollback(tale, 'completed');
  return story.world;
}

/** A create without an answer was sent again, and both were acted on: the second object was deleted. */
export function twin(): WorldDraft {
  const story = beginStory();
  const tale = story.accept('acme');
  const step = 'github-repo';
  doSteps(tale, story.world, step);
  beginStep(tale, 'run', step);
  const [late, part] = [tale.partFor(step, 1), tale.partFor(step)];
  const effect = tale.intend(step, `create ${part.kind}`, 'create', part.name);
  tale.make(late);
  tale.conclude(effect, 'refused');
  effect.doubts = 1;
  tale.intend(step, effect.name, 'create', part.name);
  tale.make(part);
  tale.conclude(effect, 'confirmed');
  tale.record(part, effect.id);
  tale.record(late, effect.id);
  tale.destroy(late);
  Object.assign(tale.step('run', step).output, part.output);
  tale.send({ provider: 'github', operation: 'read', method: 'GET', path: part.proof });
  endStep(tale, 'run', step);
  doStep(tale, story.world, 'vercel-deployment');
  doStep(tale, story.world, 'n8n-webhooks');
  end(tale, 'succeeded');
  return story.world;
}
