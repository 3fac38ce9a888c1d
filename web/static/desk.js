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

  // Selection: what can be done with it together and what cannot, by name and reason, before the click.
  const all = inbox.querySelector("[data-select-all]");
  const batch = document.getElementById("batch");
  const together = batch && batch.querySelector("[data-together]");
  const untouched = together && together.textContent;
  function fill(sentence, values) {
    return sentence.replace(/\{(\w*)\}/g, (_, name) => values[name || 0]);
  }
  function line(kind, sentence, names, values) {
    const item = document.getElementById(`verdict-${kind}`).content.cloneNode(true);
    item.querySelector("span").textContent = fill(sentence, { names: names.join(words.comma), ...values });
    return item;
  }
  function namesBy(key, chosen) {
    const groups = new Map();
    for (const box of chosen) {
      const value = box.dataset[key];
      if (value) groups.set(value, [...(groups.get(value) || []), box.dataset.name]);
    }
    return [...groups];
  }
  function tell() {
    const chosen = boxes.filter((box) => box.checked);
    if (all) {
      all.checked = chosen.length > 0 && chosen.length === boxes.length;
      all.indeterminate = chosen.length > 0 && chosen.length < boxes.length;
    }
    if (!batch) return;
    const able = chosen.filter((box) => box.dataset.answer).length;
    batch.querySelector("[data-selected]").textContent =
      chosen.length ? fill(words.selected, { all: chosen.length, able }) : words.none;
    batch.querySelector("[data-unselect]").hidden = !chosen.length;
    together.textContent = able ? fill(words.together, [able]) : untouched;
    if (able || !chosen.length) together.removeAttribute("aria-disabled");
    else together.setAttribute("aria-disabled", "true");
    const verdicts = batch.querySelector("[data-verdicts]");
    verdicts.hidden = !chosen.length;
    verdicts.replaceChildren(
      ...namesBy("answer", chosen).map(([answer, names]) => line("can", words.can, names, { answer })),
      ...namesBy("obstacle", chosen).map(([reason, names]) => line("cannot", words.cannot, names, { reason })),
    );
  }
  if (batch) batch.querySelector("[data-unselect]").addEventListener("click", () => {
    for (const box of boxes) box.checked = false;
    tell();
    if (boxes[at]) boxes[at].focus();
  });
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
