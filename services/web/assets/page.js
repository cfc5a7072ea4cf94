// Everything here is a help: each page does the same without it.
"use strict";

// After a form that was refused, the summary is read first.
document.getElementById("errors")?.focus();

// A form is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  setTimeout(() => delete form.dataset.sent, 4000);
});

// Leaving leaves no page to come back to.
document.querySelector(".exit")?.addEventListener("click", (event) => {
  event.preventDefault();
  location.replace(event.target.href);
});
