// What a script adds to pages that work without it: keys, charts as PNG, and parts that follow what changes.
'use strict';
document.documentElement.classList.add('scripted');

// On a phone places stand in one line that goes on sideways: where the style sheet can't, the open one is brought into sight here.
if (!CSS.supports('scroll-initial-target', 'nearest')) for (const here of document.querySelectorAll('nav [aria-current]')) here.closest('nav').scrollLeft = here.offsetLeft - 40;

// Charts of months wider than the window open at their newest end.
for (const chart of document.querySelectorAll('[data-newest]')) chart.scrollLeft = chart.scrollWidth;

// Parts marked data-live are taken anew when the server says that something changed. What is open or being typed in stays.
if (document.querySelector('[data-live]') && window.EventSource) {
  let known = null, shown = null, busy = false, waiting = false, pause = 1000;
  const stream = new EventSource('/live');
  const take = async () => {
    if (busy || waiting || document.hidden || shown === known) return;
    busy = true;
    shown = known;
    const address = new URL(location.href);
    address.searchParams.set('by-itself', '');
    try {
      const answer = await fetch(address, { redirect: 'error' });
      if (answer.ok) {
        const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
        for (const part of document.querySelectorAll('[data-live][id]')) {
          const now = fresh.getElementById(part.id);
          if (now && !part.contains(document.activeElement) && now.innerHTML !== part.innerHTML) part.replaceChildren(...now.childNodes);
        }
      }
    } catch { /* the next change tries again */ }
    busy = false;
    // The longer it goes on the less often, to every half minute: each look is in the trail.
    setTimeout(() => { waiting = false; take(); }, pause);
    waiting = true;
    pause = Math.min(30000, pause * 1.4);
  };
  stream.addEventListener('state', event => {
    known = event.data;
    shown ??= known;
    take();
  });
  document.addEventListener('visibilitychange', take);
}

// Keys: / to search, ? for their list, g and a letter to go to a page. Never while something is typed, and not at all once they are turned off.
const typing = target => target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
const off = () => localStorage.getItem('keys') === 'off';
let going = 0;
document.addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || typing(event.target) || off()) return;
  if (event.key === '/') { document.getElementById('search')?.focus(); event.preventDefault(); return; }
  if (event.key === '?') { location.href = '/shortcuts'; return; }
  if (event.key === 'g') { going = Date.now(); return; }
  if (Date.now() - going < 1500) {
    const places = document.querySelector('[data-keys]').dataset.keys.split(' '), at = places.indexOf(event.key);
    if (at >= 0) location.href = places[at + 1];
  }
  going = 0;
});
const choice = document.getElementById('keys-off');
if (choice) {
  choice.closest('[hidden]').hidden = false;
  choice.checked = off();
  choice.addEventListener('change', () => choice.checked ? localStorage.setItem('keys', 'off') : localStorage.removeItem('keys'));
}

// A chart as PNG is drawn here from its SVG, three times as large, which is sharp on paper. Where that can't be done its SVG is what comes.
document.addEventListener('click', async event => {
  const link = event.target.closest('[data-png]');
  if (!link) return;
  event.preventDefault();
  try {
    const picture = new Image();
    picture.src = link.href;
    await picture.decode();
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [3 * picture.naturalWidth, 3 * picture.naturalHeight];
    canvas.getContext('2d').drawImage(picture, 0, 0, canvas.width, canvas.height);
    const file = await new Promise((done, fail) => canvas.toBlob(made => made ? done(made) : fail(), 'image/png'));
    const take = document.createElement('a');
    take.href = URL.createObjectURL(file);
    take.download = `${location.pathname}-${link.dataset.png}`.replace(/[^A-Za-z0-9-]+/g, '-').replace(/^-/, '') + '.png';
    take.click();
    setTimeout(() => URL.revokeObjectURL(take.href), 10000);
  } catch { location.href = link.href; }
});
