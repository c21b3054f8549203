/* A step is sent only while the server answers: where the connection is lost, the page stays with all its answers.
   Without this script the browser shows its own page, and to load that again sends the step again. */
const form = document.getElementById('step');
const lost = document.getElementById('lost');
const PATIENCE = 10_000; // Milliseconds.
let state = 'still';

form.querySelector('.acts').before(lost);
form.addEventListener('submit', async event => {
  if (state === 'sending') return;
  event.preventDefault();
  if (state === 'asking') return;
  state = 'asking';
  const answers = await fetch('/health', {signal: AbortSignal.timeout(PATIENCE)}).then(a => a.ok, () => false);
  lost.hidden = answers;
  if (answers) {
    state = 'sending';
    form.requestSubmit(event.submitter);
  } else lost.scrollIntoView({block: 'nearest'});
  state = 'still';
});
