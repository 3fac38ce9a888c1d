// Forms beyond HTML: conditions at once, correction of wrong fields, counters, upload progress, saving. All of it only helps.
"use strict";
(() => {
  // Conditions: trees of rules/feel, three-valued.
  const kind = (v) => (Array.isArray(v) ? "list" : v === null ? "null" : typeof v);
  const entry = (v, key) => (kind(v) === "object" && Object.hasOwn(v, key) ? v[key] : null);
  function equal(a, b) {
    if (kind(a) === kind(b)) return JSON.stringify(a) === JSON.stringify(b);
    return a === null || b === null ? false : null;
  }
  const has = (list, v) => [list].flat().some((one) => equal(one, v));
  const texts = {
    contains: (a, b) => a.includes(b),
    "starts with": (a, b) => a.startsWith(b),
    "string length": (a) => [...a].length,
  };
  function value([op, ...rest], scope) {
    if (op === "lit") return rest[0];
    if (op === "var") return rest.reduce(entry, scope);
    const parts = rest.map((one) => value(one, scope));
    if (op === "list") return parts;
    const [a, b] = parts;
    if (op === "if") return parts[a === true ? 1 : 2];
    if (op === "and" || op === "or") {
      const wins = op === "or";
      return parts.includes(wins) ? wins : parts.every((v) => v === !wins) ? !wins : null;
    }
    const same = equal(a, b);
    if (op === "=") return same;
    if (op === "!=") return same === null ? null : !same;
    if (op === "in") return kind(b) === "list" ? same === true || has(b, a) : same;
    if (op === "count") return a === null ? null : [a].flat().length;
    if (op === "list contains") return a === null ? null : has(a, b);
    const given = parts.map((v) => (kind(v) === "list" && v.length === 1 ? v[0] : v));
    if (op === "not") return kind(given[0]) === "boolean" ? !given[0] : null;
    if (texts[op]) return given.every((v) => kind(v) === "string") ? texts[op](...given) : null;
    if (kind(a) !== kind(b) || !["number", "<=>=+".includes(op) && "string"].includes(kind(a))) return null;
    const v = { "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b, "+": a + b, "-": a - b, "*": a * b, "/": a / b }[op];
    // 0.1 + 0.2 is 0.3.
    return kind(v) !== "number" ? v : isFinite(v) ? +v.toPrecision(15) : null;
  }

  // What is empty or wrong is null, as on the server.
  const typed = (text, isNumber) => (text === "" || (isNumber && isNaN(text)) ? null : isNumber ? +text : text);
  function answers(form) {
    const found = { before: JSON.parse(form.dataset.before ?? "{}") };
    for (const box of form.elements) {
      if (!box.name || box.type === "file" || box.closest("[hidden]")) continue;
      if (box.type === "radio") found[box.name] ??= box.checked ? box.value : null;
      else if (box.type === "checkbox") {
        if (!box.closest("[role=group]")) found[box.name] = box.checked;
        else if (box.checked) (found[box.name] ??= []).push(box.value);
      } else found[box.name] = typed(box.value.trim(), box.inputMode === "decimal");
    }
    return found;
  }
  // Down the page: a condition asks only what stands above it, so each is settled in turn.
  function conditions(form) {
    for (const part of form.querySelectorAll("[data-hide],[data-show]")) {
      const { hide, show } = part.dataset;
      part.hidden = hide ? value(JSON.parse(hide), answers(form)) === true : value(JSON.parse(show), answers(form)) !== true;
    }
  }

  // Only a field that was wrong is checked while it is corrected (UI.md 6).
  function correct(box) {
    const line = document.getElementById(box.id + "-error");
    if (!line) return;
    const most = form(box)?.querySelector(`[data-count-of="${box.id}"]`)?.dataset.most;
    const right = box.value.trim() !== "" && box.checkValidity() && !(most && [...box.value].length > most);
    line.hidden = right;
    box.setAttribute("aria-invalid", String(!right));
    box.closest(".v")?.previousElementSibling.classList.toggle("is-wrong", !right);
  }
  function count(box) {
    const told = box.id && document.querySelector(`[data-count-of="${box.id}"]`);
    if (!told) return;
    const length = [...box.value.trim()].length;
    told.firstElementChild.textContent = length;
    told.classList.toggle("pf-count-over", length > told.dataset.most);
  }
  const form = (box) => box.form || box.closest("form");

  for (const kind of ["input", "change"]) {
    document.addEventListener(kind, ({ target }) => {
      if (!form(target)) return;
      conditions(form(target));
      correct(target);
      if (target.matches("textarea")) count(target);
    });
  }
  // Enter in the search box searches; it does not send the form.
  document.addEventListener("keydown", (event) => {
    const button = event.key === "Enter" && !event.isComposing && event.target.dataset?.enter;
    if (!button) return;
    event.preventDefault();
    document.getElementById(button).click();
  });

  // Upload: the bar of its item, and a way to stop.
  const item = (event) => (event.detail.elt?.type === "file" ? event.detail.elt.closest("li") : null);
  function uploading(li, under, share) {
    const bar = li.querySelector("progress");
    bar.hidden = li.querySelector("[data-stop]").hidden = !under;
    bar.value = share;
  }
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (item(event)) uploading(item(event), true, 0);
    if (event.target.id === "saved") event.target.textContent = event.target.dataset.saving;
  });
  document.addEventListener("htmx:xhr:progress", (event) => {
    const { elt, loaded, total } = event.detail;
    if (elt?.type === "file" && total) uploading(elt.closest("li"), true, (100 * loaded) / total);
  });
  document.addEventListener("click", ({ target }) => {
    const li = target.closest("[data-stop]")?.closest("li");
    if (!li) return;
    const box = li.querySelector("input[type=file]");
    htmx.trigger(box, "htmx:abort");
    box.value = "";
    uploading(li, false, 0);
  });

  // A save that did not arrive is told, and can be tried again.
  for (const kind of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
    document.addEventListener(kind, (event) => {
      if (item(event)) uploading(item(event), false, 0);
      const saved = document.getElementById("saved");
      if (!saved || event.detail.elt !== saved) return;
      const told = document.createElement("span");
      told.className = "pf-saved";
      told.dataset.state = "failed";
      const again = document.createElement("button");
      again.type = "button";
      again.className = "btn btn-link";
      again.textContent = saved.dataset.retry;
      again.addEventListener("click", () => htmx.trigger(saved, "save-again"));
      told.append(saved.dataset.failed, again);
      saved.replaceChildren(told);
    });
  }
  document.addEventListener("htmx:afterSettle", () => { for (const each of document.forms) conditions(each); });
  for (const each of document.forms) conditions(each);
})();
