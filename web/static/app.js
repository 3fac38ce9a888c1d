// What the pages do beyond HTML. Everything here only helps: without it every form and link still works.
"use strict";

// After a refused submit the summary takes the focus (UI.md 6).
function focusSummary(root) {
  const summary = root.querySelector(".pf-errors[autofocus], .pf-errors");
  if (summary) summary.focus();
}

// Only one small menu is open; Escape and a click elsewhere close it.
function closeMenus(except) {
  for (const menu of document.querySelectorAll(".pf-menu[open]")) if (menu !== except) menu.open = false;
}

document.addEventListener("click", (event) => closeMenus(event.target.closest(".pf-menu")));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = document.querySelector(".pf-menu[open]");
  closeMenus(null);
  if (open) open.querySelector("summary").focus();
});

// The second click on a submit button of a form under way does nothing.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.dataset.sending) {
    if (form.dataset.sending) event.preventDefault();
    return;
  }
  if (form.method === "post" && !form.hasAttribute("hx-post")) {
    form.dataset.sending = "1";
    window.setTimeout(() => delete form.dataset.sending, 4000);
  }
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sending]")) delete form.dataset.sending;
});

// A button that is off for a reason (aria-disabled) keeps the focus and does nothing.
document.addEventListener("click", (event) => {
  if (event.target.closest("[aria-disabled=true]")) event.preventDefault();
});

// Buttons that print this page.
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});

document.addEventListener("DOMContentLoaded", () => {
  focusSummary(document);
  for (const button of document.querySelectorAll("[data-needs-script]")) button.hidden = false;
});
