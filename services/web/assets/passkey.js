// Passkeys: a browser makes and unlocks them for a script alone. What it answers is sent as a form, like anything else.
"use strict";

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const kind = form.dataset.passkey;
  const parse = window.PublicKeyCredential?.[kind === "create" ? "parseCreationOptionsFromJSON" : "parseRequestOptionsFromJSON"];
  if (!parse) continue;
  form.hidden = false;
  document.querySelector("[data-unable]")?.remove();
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const said = form.querySelector("[data-said]");
    said.textContent = "";
    try {
      const answer = await fetch(form.dataset.begin, { method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "error" });
      const { options, error } = await answer.json();
      if (error) {
        said.textContent = error;
        return;
      }
      const made = await navigator.credentials[kind]({ publicKey: parse.call(PublicKeyCredential, options) });
      form.elements.credential.value = JSON.stringify(made);
      form.elements.password?.setAttribute("disabled", "");
      form.submit();
    } catch {
      said.textContent = form.dataset.away; // nobody unlocked it, or the network is away
    } finally {
      delete form.dataset.sent;
    }
  });
}
