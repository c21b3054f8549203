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

  // The differential follows each change. The form is read here, and without what is unknown, which it is without being
  // sent: htmx compares each field with all others. What follows stands outside the form, so that it is not read again.
  const follows = document.getElementById("follows");
  const unknown = ([name, value]) => /^[fmcds]\./.test(name) && (value === "" || value === "unknown");
  const follow = () => {
    const values = new FormData();
    for (const field of new FormData(form)) if (!unknown(field)) values.append(...field);
    window.htmx.ajax("POST", "/intake/live", { source: follows, target: "#beside", swap: "innerHTML", values });
  };
  form?.addEventListener("change", follow);
  for (const [name, yes] of [["htmx:sendError", true], ["htmx:responseError", true], ["htmx:afterOnLoad", false]]) {
    document.addEventListener(name, ({ detail: { elt } }) => { if (elt === follows || elt.closest?.("details.group")) show(yes); });
  }
  document.getElementById("again")?.addEventListener("click", follow);

  // A link to a row opens the group it stands in and shows it, also where a filter hides it. A group gets its rows
  // when it is opened for the first time.
  const reveal = (id, group) => {
    const row = document.getElementById(id);
    for (let at = row ?? document.getElementById(group); at; at = at.parentElement) {
      at.hidden = false;
      if (at.tagName === "DETAILS") at.open = true;
    }
    row?.scrollIntoView({ block: "center" });
    (row?.querySelector("td input:checked") ?? row?.querySelector("td input, td select"))?.focus({ preventScroll: true });
    return row;
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (!link || !form) return;
    const [id, group] = [decodeURIComponent(link.getAttribute("href").slice(1)), link.dataset.group];
    if (!group && !document.getElementById(id)?.closest("table.findings")) return;
    event.preventDefault();
    if (!reveal(id, group)) document.getElementById(group).addEventListener("htmx:afterSettle", () => reveal(id), { once: true });
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
