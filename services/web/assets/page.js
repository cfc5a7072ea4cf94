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

// Ten minutes before a session ends that nobody uses, the reader is asked, and what was typed is not lost.
const idle = document.getElementById("idle");
if (idle) {
  const wait = () => setTimeout(() => idle.showModal(), (document.body.dataset.idle - 600) * 1000);
  idle.addEventListener("close", async () => {
    await fetch("/login/stay", { redirect: "error" }).catch(() => location.reload());
    wait();
  });
  wait();
}

// Figures never change under the reader: what is new offers itself. Nothing is held open for a page that nobody sees.
for (const place of document.querySelectorAll("[data-news]")) {
  let news;
  const listen = () => {
    news?.close();
    news = undefined;
    if (document.hidden) return;
    news = new EventSource(place.dataset.news);
    news.onmessage = (event) => {
      place.classList.add("new");
      place.querySelector("[role=status]").textContent = JSON.parse(event.data).text;
    };
  };
  document.addEventListener("visibilitychange", listen);
  addEventListener("pagehide", () => news?.close());
  addEventListener("pageshow", listen);
}
