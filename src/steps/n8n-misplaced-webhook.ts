/** Why n8n looks up another webhook path than ours, in our words. Pure. */
import type { FailureExplanation } from './explanation.ts';

/** `extra`: what n8n takes for the beginning of the path, where that stands in our own URL. */
export function explainMisplacedWebhook(extra: string | undefined): FailureExplanation {
  if (extra === undefined)
    return {
      why: 'n8n is asked for another webhook path than the one that was sent: a proxy in front of it changes the path',
      whatToDo:
        "Set N8N_WEBHOOK_URL and N8N_WEBHOOK_PATH so that together they are what n8n shows before a webhook's path.",
    };
  return {
    why: `n8n takes "${extra}" for the beginning of the webhook's own path`,
    whatToDo: `Take the "/${extra}" off the end of N8N_WEBHOOK_URL: N8N_WEBHOOK_PATH adds it.`,
  };
}
