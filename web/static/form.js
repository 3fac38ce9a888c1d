// Forms beyond HTML: conditions at once, correction of wrong fields, counters, upload progress, saving. All of it only helps.
"use strict";
(() => {
  // Conditions: FEEL trees of rules/feel (to_json), three-valued.
  const same = (a, b) => typeof a === typeof b && typeof a !== "boolean";
  const calls = {
    contains: (a, b) => a.includes(b),
    "starts with": (a, b) => a.startsWith(b),
    "list contains": (a, b) => a.includes(b),
    "string length": (a) => [...a].length,
    count: (a) => a.length,
  };
  const orders = { "<": (a, b) => a < b, "<=": (a, b) => a <= b, ">": (a, b) => a > b, ">=": (a, b) => a >= b };
  function within(v, [op, ...ends], scope) {
    if (op !== "range") {
      const found = value([op, ...ends], scope);
      return Array.isArray(found) ? found.includes(v) : v === found;
    }
    const [low, high] = ends.map((part) => value(part, scope));
    return v == null || !same(v, low) || !same(v, high) ? null : v >= low && v <= high;
  }
  function value([op, ...rest], scope) {
    if (op === "lit") return rest[0];
    if (op === "var") return rest.reduce((v, key) => v?.[key] ?? null, scope);
    if (op === "if") return value(rest[value(rest[0], scope) === true ? 1 : 2], scope);
    if (op === "in") return within(value(rest[0], scope), rest[1], scope);
    const name = op === "call" && rest.shift();
    const parts = rest.map((part) => value(part, scope));
    const [a, b] = parts;
    if (op === "list") return parts;
    if (name === "not") return typeof a === "boolean" ? !a : null;
    if (name) return a == null ? null : calls[name](a, b);
    if (op === "and" || op === "or") {
      const decisive = op === "or";
      return parts.includes(decisive) ? decisive : parts.every((v) => v === !decisive) ? !decisive : null;
    }
    if (op === "=" || op === "!=") {
      return a != null && b != null && typeof a !== typeof b ? null : (a === b) === (op === "=");
    }
    if (a == null || b == null || !same(a, b)) return null;
    if (orders[op]) return orders[op](a, b);
    if (op === "+") return a + b;
    if (typeof a !== "number") return null;
    return op === "-" ? a - b : op === "*" ? a * b : b === 0 ? null : a / b;
  }

  function answers(form) {
    const found = {};
    for (const box of form.elements) {
      if (!box.name || box.type === "file" || box.closest("[hidden]")) continue;
      if (box.type === "radio") found[box.name] ??= box.checked ? box.value : null;
      else if (box.type === "checkbox") {
        if (box.closest("[role=group]")) (found[box.name] ??= []).push(...(box.checked ? [box.value] : []));
        else found[box.name] = box.checked;
      } else found[box.name] = box.value.trim() === "" ? null : box.inputMode === "decimal" ? +box.value : box.value;
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
