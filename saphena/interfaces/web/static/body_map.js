/* The list and the select are the controls; the drawing only mirrors them, and without this script they still work.
   Touching a place: chosen, then the worst, then cleared. */
const worst = document.getElementById('worst');
const box = place => document.querySelector(`[data-place="${place}"]`);

function draw() {
  for (const region of document.querySelectorAll('[data-for]')) {
    const chosen = box(region.dataset.for).checked;
    region.classList.toggle('on', chosen);
    region.classList.toggle('worst', chosen && worst.value === region.dataset.for);
  }
}

document.addEventListener('click', event => {
  const place = event.target.closest('[data-for]')?.dataset.for;
  if (!place) return;
  if (!box(place).checked) {
    box(place).checked = true;
    document.querySelector('[name=place][value=unknown]').checked = false;
  } else if (worst.value !== place) worst.value = place;
  else {
    box(place).checked = false;
    worst.value = '';
  }
  draw();
});
document.addEventListener('change', event => {
  if (worst.value && !box(worst.value).checked) {
    if (event.target === worst) box(worst.value).checked = true;
    else worst.value = '';
  }
  draw();
});
draw();
