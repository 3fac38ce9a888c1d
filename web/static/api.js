// Calls a route of the interface from its page, with the credentials that were typed in, and shows the answer.
"use strict";
(() => {
  const form = document.getElementById("api-try");
  if (!form) return;
  const user = document.getElementById("api-user");
  const secret = document.getElementById("api-secret");
  const body = document.getElementById("api-body");
  const shown = document.getElementById("api-answer");
  const command = document.getElementById("api-command");

  // The credentials stay in this tab, so that the next route can be tried without typing them again.
  for (const [field, name] of [[user, "api-user"], [secret, "api-secret"]]) {
    field.value = sessionStorage.getItem(name) || "";
    field.addEventListener("input", () => sessionStorage.setItem(name, field.value));
  }

  function entries(place) {
    return [...form.querySelectorAll(`[data-place=${place}]`)];
  }
  function address() {
    let path = form.dataset.path;
    for (const field of entries("path")) {
      if (field.value) path = path.replace(`{${field.name}}`, encodeURIComponent(field.value));
    }
    const asked = new URLSearchParams();
    for (const field of entries("query")) if (field.value) asked.append(field.name, field.value);
    return path + (asked.size ? `?${asked}` : "");
  }
  function basic() {
    const bytes = new TextEncoder().encode(`${user.value}:${secret.value}`);
    return btoa(String.fromCharCode(...bytes));
  }
  function parts() {
    const sent = new FormData();
    for (const field of entries("part")) {
      if (field.files) for (const file of field.files) sent.append(field.name, file, file.name);
      else if (field.value) sent.append(field.name, field.value);
    }
    return sent;
  }
  function quoted(text) {
    return `'${text.replaceAll("'", "'\\''")}'`;
  }
  // The same call for a shell; the secret is not written out.
  function tellCommand() {
    const words = ["curl", user.value ? `-u ${quoted(user.value)}` : "-H 'Authorization: Bearer …'"];
    if (form.dataset.method !== "GET") words.push("-X", form.dataset.method);
    if (body) words.push("-H 'Content-Type: application/json'", "-d", quoted(body.value));
    for (const field of entries("part")) {
      if (field.files) for (const file of field.files) words.push("-F", quoted(`${field.name}=@${file.name}`));
      else if (field.value) words.push("-F", quoted(`${field.name}=${field.value}`));
    }
    command.textContent = [...words, quoted(location.origin + address())].join(" ");
  }
  function show(status, text) {
    const part = document.getElementById("api-answered").content.cloneNode(true);
    part.querySelector("[data-status]").textContent = status;
    part.querySelector("[data-content]").textContent = text;
    shown.replaceChildren(part);
  }
  function pretty(text) {
    try {
      return JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      return text;
    }
  }

  form.addEventListener("input", tellCommand);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const options = { method: form.dataset.method, credentials: "omit", headers: {} };
    if (secret.value) options.headers.Authorization = user.value ? `Basic ${basic()}` : `Bearer ${secret.value}`;
    if (body) {
      try {
        JSON.parse(body.value);
      } catch (error) {
        show("", form.dataset.notJson + error.message);
        return;
      }
      options.headers["Content-Type"] = "application/json";
      options.body = body.value;
    } else if (form.dataset.media) {
      options.body = parts();
    }
    try {
      const answer = await fetch(address(), options);
      show(`${answer.status} ${answer.statusText}`, pretty(await answer.text()));
    } catch {
      show("", form.dataset.away);
    }
  });
  tellCommand();
})();
