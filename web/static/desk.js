// The inbox with the keyboard and the pointer. Everything here also works without it: links, check boxes, submits.
"use strict";
(() => {
  const inbox = document.getElementById("inbox");
  if (!inbox) return;
  const words = document.getElementById("desk-words").dataset;
  const links = [...inbox.querySelectorAll(".pf-item h3 a")];
  const boxes = [...inbox.querySelectorAll(".pf-item > input")];
  const form = inbox.querySelector(".pf-decide form, form.pf-decide");
  let at = Math.max(0, links.findIndex((link) => link.getAttribute("aria-current")));

  // Selection: how many, and all at once.
  const all = inbox.querySelector("[data-select-all]");
  const told = inbox.querySelector("[data-selected]");
  function tell() {
    const count = boxes.filter((box) => box.checked).length;
    if (told) told.textContent = count ? words.selected.replace("0", count) : words.none;
    if (all) {
      all.checked = count === boxes.length;
      all.indeterminate = count > 0 && count < boxes.length;
    }
  }
  if (all) all.addEventListener("change", () => { for (const box of boxes) box.checked = all.checked; tell(); });
  for (const box of boxes) box.addEventListener("change", tell);
  tell();

  // Decision: the button says what it does, a stock opinion goes in where the caret is.
  const choices = form ? [...form.querySelectorAll("[type=radio]")] : [];
  const submit = form && form.querySelector("[data-decide]");
  const opinion = form && form.querySelector("textarea");
  function name() {
    const chosen = choices.find((choice) => choice.checked);
    if (submit && chosen) submit.textContent = words.decide.replace("{}", chosen.closest("label").querySelector("span").textContent.trim());
  }
  for (const choice of choices) choice.addEventListener("change", name);
  name();
  function insert(text) {
    opinion.setRangeText(text, opinion.selectionStart, opinion.selectionEnd, "end");
    opinion.dispatchEvent(new Event("input", { bubbles: true }));
    opinion.focus();
  }
  inbox.addEventListener("click", (event) => {
    const stock = event.target.closest("[name=stock]");
    if (!stock || !opinion) return;
    event.preventDefault();
    insert(stock.value);
  });

  // Single keys, only outside fields, and only while the reader wants them (WCAG 2.1.4).
  function move(step) {
    if (!links.length) return;
    at = Math.min(links.length - 1, Math.max(0, at + step));
    links[at].focus();
    links[at].scrollIntoView({ block: "nearest" });
  }
  function choose(index) {
    const choice = choices[index];
    if (!choice || choice.disabled) return;
    choice.checked = true;
    name();
    choice.focus();
  }
  const keys = {
    j: () => move(1),
    k: () => move(-1),
    x: () => { if (boxes[at]) boxes[at].click(); },
    p: () => choose(0),
    r: () => { choose(1); if (opinion) opinion.focus(); },
    enter: () => { if (document.activeElement === document.body && links[at]) links[at].click(); },
    "/": () => document.getElementById("f-text").focus(),
    "?": () => { location.href = words.help; },
  };
  document.addEventListener("focusin", (event) => {
    const index = links.indexOf(event.target);
    if (index >= 0) at = index;
  });
  document.addEventListener("keydown", (event) => {
    if (inbox.dataset.keys !== "on" || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest("input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]")) return;
    const act = keys[event.key.toLowerCase()];
    if (!act) return;
    if (event.key !== "Enter") event.preventDefault();
    act();
  });
})();
