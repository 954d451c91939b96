// Passkeys are the one thing a page cannot do without a script: the browser offers them in no other way.
// A form with data-passkey asks data-options what to sign, lets the device sign it, and is then sent like any other form.
'use strict';
const methods = { get: 'parseRequestOptionsFromJSON', create: 'parseCreationOptionsFromJSON' };
for (const form of document.querySelectorAll('form[data-passkey]')) {
  const kind = form.dataset.passkey;
  if (!window.PublicKeyCredential?.[methods[kind]]) continue;
  form.hidden = false;
  form.addEventListener('submit', async event => {
    event.preventDefault();
    const words = form.querySelector('[data-words]'), button = form.querySelector('button');
    words.textContent = '';
    button.disabled = true;
    try {
      const answer = await fetch(form.dataset.options, { method: 'POST', body: new FormData(form), redirect: 'manual' });
      if (answer.ok) {
        const publicKey = PublicKeyCredential[methods[kind]](await answer.json());
        form.elements.Credential.value = JSON.stringify((await navigator.credentials[kind]({ publicKey })).toJSON());
        if (form.elements.password) form.elements.password.value = '';
        form.submit();
        return;
      }
      words.textContent = answer.headers.get('Content-Type')?.startsWith('text/plain') ? await answer.text() : words.dataset.failed;
    } catch (error) {
      words.textContent = error.name === 'NotAllowedError' ? words.dataset.unused
        : error.name === 'InvalidStateError' ? words.dataset.held : words.dataset.unable;
    }
    button.disabled = false;
  });
}
