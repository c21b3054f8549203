// Search by "/", a lost connection that loses nothing, and the copy button.
"use strict";
(() => {
  const form = document.getElementById("intake");
  const lost = document.getElementById("lost");
  const show = (yes) => { if (lost) lost.hidden = !yes; };

  document.addEventListener("keydown", (event) => {
    const find = document.getElementById("find");
    const typing = event.target.closest("input:not([type=radio]):not([type=checkbox]), textarea, select");
    if (event.key === "/" && find && !typing) { event.preventDefault(); find.focus(); }
    if (event.key === "Enter" && event.target === find) event.preventDefault();
  });

  // The differential follows each change. The form is read here: htmx compares each of its two thousand fields with
  // all others, which takes longer than the answer does. What follows stands outside the form, so that it is not read again.
  const follows = document.getElementById("follows");
  const follow = () => window.htmx.ajax("POST", "/intake/live", {
    source: follows, target: "#beside", swap: "innerHTML", values: new FormData(form),
  });
  form?.addEventListener("change", follow);
  const fromForm = (event) => form && event.detail.elt === follows;
  document.addEventListener("htmx:sendError", (event) => { if (fromForm(event)) show(true); });
  document.addEventListener("htmx:responseError", (event) => { if (fromForm(event)) show(true); });
  document.addEventListener("htmx:afterOnLoad", (event) => { if (fromForm(event)) show(false); });
  document.getElementById("again")?.addEventListener("click", follow);

  // A link to a row opens the group it stands in and shows it, also where a filter hides it.
  const reveal = (id) => {
    const row = document.getElementById(id);
    if (!row) return;
    for (let at = row; at; at = at.parentElement) {
      at.hidden = false;
      if (at.tagName === "DETAILS") at.open = true;
    }
    row.scrollIntoView({ block: "center" });
    (row.querySelector("td input:checked") ?? row.querySelector("td input, td select"))?.focus({ preventScroll: true });
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (link && form) {
      const id = decodeURIComponent(link.getAttribute("href").slice(1));
      if (document.getElementById(id)?.closest("table.findings")) { event.preventDefault(); reveal(id); }
    }
  });
  if (form && location.hash) reveal(decodeURIComponent(location.hash.slice(1)));

  for (const button of document.querySelectorAll("[data-copy]")) {
    if (!navigator.clipboard) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).value);
      button.textContent = button.dataset.done;
    });
  }
})();
