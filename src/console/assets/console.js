// Keeps a page live, counts seconds, and adds keys. Everything works without it.
import { Idiomorph } from './idiomorph.js';

const { liveFrom, looksEvery } = document.body.dataset;
const news = document.querySelector('#news');
const pollMs = 5000;

// Seconds count on.
const units = (ms) => {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (seconds < 60) return `${seconds} s`;
  if (hours < 1) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  if (hours < 24) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  const days = Math.floor(hours / 24);
  return hours % 24 === 0 ? `${days} d` : `${days} d ${hours % 24} h`;
};
setInterval(() => {
  for (const time of document.querySelectorAll('time[data-since]'))
    time.textContent = units(Date.now() - Date.parse(time.dateTime));
  for (const time of document.querySelectorAll('time[data-until]'))
    time.textContent = units(Date.parse(time.dateTime) - Date.now());
}, 1000);

// The page as the server draws it now, put into this one: focus and scroll stay where they are.
const stateOf = (root) =>
  [...root.querySelectorAll('.status .sign, .needs b, .node .hidden')]
    .map((one) => one.textContent.trim())
    .join(', ');
// What the reader has opened, typed, ticked and marked stays.
const mayChange = (name, node) =>
  !(name === 'open' && node.tagName === 'DETAILS') &&
  !(['value', 'checked'].includes(name) && node.tagName === 'INPUT') &&
  !(name === 'class' && node.classList.contains('at'));
let isLooking = false;
let lookAgain = false;
async function look() {
  lookAgain = isLooking;
  if (isLooking || document.hidden) return;
  isLooking = true;
  try {
    const response = await fetch(location.href, { headers: { accept: 'text/html' }, redirect: 'manual' });
    if (response.ok) {
      const next = new DOMParser().parseFromString(await response.text(), 'text/html');
      const before = stateOf(document);
      for (const part of ['main', '.menu nav'])
        Idiomorph.morph(document.querySelector(part), next.querySelector(part), {
          ignoreActiveValue: true,
          restoreFocus: true,
          callbacks: { beforeAttributeUpdated: mayChange },
        });
      document.title = next.title;
      const after = stateOf(document);
      if (after !== before) news.textContent = after;
      mark(true);
      if (liveFrom !== undefined && next.body.dataset.liveFrom === undefined) stop();
    } else if (response.type === 'opaqueredirect') location.reload();
    else mark(false);
  } catch {
    mark(false);
  } finally {
    isLooking = false;
    if (lookAgain) soon();
  }
}

let lostAt;
function mark(isLive) {
  lostAt = isLive ? undefined : (lostAt ?? new Date().toISOString().slice(11, 19));
  for (const one of document.querySelectorAll('.live-mark')) {
    one.classList.toggle('off', !isLive);
    if (!isLive) one.textContent = `Not live since ${lostAt}. Asking every ${pollMs / 1000} s.`;
  }
}

let waiting;
function soon() {
  waiting ??= setTimeout(() => {
    waiting = undefined;
    void look();
  }, 150);
}

let source;
let poll;
function stop() {
  source?.close();
  clearInterval(poll);
}
if (liveFrom !== undefined) {
  source = new EventSource(liveFrom);
  source.addEventListener('message', soon);
  source.addEventListener('error', soon);
  // Where streams are cut on the way, and for what no event tells of.
  poll = setInterval(soon, pollMs);
} else if (looksEvery !== undefined) poll = setInterval(soon, Number(looksEvery) * 1000);
document.addEventListener('visibilitychange', () => {
  if (!document.hidden && poll !== undefined) soon();
});

// On small screens the menu begins closed.
if (matchMedia('(max-width: 45rem)').matches) document.querySelector('.menu')?.removeAttribute('open');

// Keys, which can be switched off.
const keysOff = 'client-provisioner keys off';
const rows = () => [...document.querySelectorAll('[data-rows] tbody tr')];
let at = -1;
function move(by) {
  const all = rows();
  if (all.length === 0) return;
  // The list may have changed meanwhile.
  at = all.findIndex((row) => row.classList.contains('at'));
  all[at]?.classList.remove('at');
  at = Math.min(all.length - 1, Math.max(0, at + by));
  all[at].classList.add('at');
  all[at].querySelector('a').focus();
}
function showKeys() {
  let dialog = document.querySelector('#keys');
  if (dialog === null) {
    dialog = document.createElement('dialog');
    dialog.id = 'keys';
    dialog.setAttribute('aria-labelledby', 'keys-title');
    dialog.innerHTML =
      '<h2 id="keys-title">Keys</h2><dl><dt><kbd>/</kbd></dt><dd>finds a client</dd><dt><kbd>j</kbd> <kbd>k</kbd></dt><dd>move in a list</dd><dt><kbd>Enter</kbd></dt><dd>opens</dd><dt><kbd>?</kbd></dt><dd>shows this</dd></dl><form method="dialog" class="buttons"><button>Close</button><button value="off">Switch keys off</button></form>';
    dialog.addEventListener('close', () => {
      if (dialog.returnValue === 'off') localStorage.setItem(keysOff, 'yes');
    });
    document.body.append(dialog);
  }
  dialog.showModal();
}
document.addEventListener('keydown', (event) => {
  const isTyping =
    event.target instanceof HTMLElement &&
    event.target.closest('input, textarea, select, dialog[open]') !== null;
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === '?') showKeys();
  if (localStorage.getItem(keysOff) !== null) return;
  if (event.key === '/') {
    event.preventDefault();
    document.querySelector('#q, #find')?.focus();
  } else if (event.key === 'j') move(1);
  else if (event.key === 'k') move(-1);
});
const button = document.querySelector('[data-keys]');
if (button !== null) {
  button.hidden = false;
  button.addEventListener('click', () => {
    localStorage.removeItem(keysOff);
    showKeys();
  });
}

// What was wrong is read first.
document.querySelector('.summary[autofocus]')?.focus();
