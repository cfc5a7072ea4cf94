// Everything here is a help: each page does the same without it.
"use strict";

// A form is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  if (form.dataset.wait) {
    const status = form.querySelector("[role=status]");
    status.textContent = form.dataset.wait;
    status.append(Object.assign(document.createElement("progress"), { ariaHidden: "true" }));
  }
  setTimeout(() => delete form.dataset.sent, 4000);
});

// Leaving hides the page at once, ends the session and puts another page in the place of this one. The pages before it stay
// in the browser's list; each is asked for again, and without a session there is nothing to see. Nor does the network keep
// anybody here: a session that could not be ended then is ended before any page of ours is shown again.
const leaving = "rackvidd-leaving";
const leave = async (to) => {
  document.documentElement.hidden = true;
  localStorage.setItem(leaving, "yes");
  try {
    const left = await fetch("/leave", { method: "POST", keepalive: true, signal: AbortSignal.timeout(1_500) });
    if (left.ok) localStorage.removeItem(leaving);
  } catch {
    // the network is away, or slow
  }
  location.replace(to);
};
document.querySelector("form.exit")?.addEventListener("submit", (event) => {
  event.preventDefault();
  event.stopPropagation();
  leave(event.target.dataset.to);
});
if (!document.body.dataset.account) localStorage.removeItem(leaving);
else if (localStorage.getItem(leaving)) leave("/login");

// A page that the browser kept whole is asked for again.
addEventListener("pageshow", (event) => event.persisted && location.reload());

// Ten minutes before a session ends, in all of its pages, the reader is asked. When it has ended nothing on the page is read
// any more, and what was typed waits until the same person has signed in again, in another tab.
const idle = document.getElementById("idle");
if (idle) {
  const early = 600;
  const { idle: life, left, account } = document.body.dataset;
  let timer;
  const later = (seconds) => {
    clearTimeout(timer);
    timer = setTimeout(look, Math.max(1, seconds) * 1000);
  };
  const show = (why) => {
    const text = document.getElementById("idle-text");
    text.textContent = text.dataset[why];
    idle.dataset.why = why;
    idle.querySelector("p:has(a)").hidden = why === "unused";
    if (!idle.open) idle.showModal();
  };
  const judge = ({ unused, used, who }) => {
    if (who !== account) return location.replace("/"); // somebody else's page now
    if (unused <= early) {
      show(used <= early ? "used" : "unused");
      return later(unused);
    }
    delete idle.dataset.why;
    idle.close();
    later(unused - early);
  };
  const ask = async (where) => {
    try {
      const answer = await fetch(where, { redirect: "manual" });
      if (answer.status === 401 || answer.type === "opaqueredirect") show("ended");
      else judge(await answer.json());
    } catch {
      later(60); // the network or the server is away
    }
  };
  const look = () => ask("/login/left");
  idle.addEventListener("close", () => {
    const { why } = idle.dataset;
    if (why === "unused") ask("/login/stay");
    if (why === "ended") look();
  });
  document.addEventListener("visibilitychange", () => document.hidden || look());
  later(Math.min(life, left) - early);
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

// What reads a whole log shows how far it has come. Its form is sent beside, so that the page stays until it is done; what
// ends with its reader can be stopped.
const progress = () => document.querySelector("[data-progress]");
if (progress()) {
  let quarter = "";
  let going, source;
  const listen = () => {
    source ??= new EventSource(progress().dataset.progress);
    source.onmessage = hear;
  };
  const hear = (event) => {
    const list = JSON.parse(event.data);
    const { ended } = progress().dataset;
    if (ended && !list.length && !going) return location.assign(ended);
    progress().hidden = !list.length && !going;
    progress()
      .querySelector(".steps")
      .replaceChildren(
        ...list.map(({ name, text, value, of }) => {
          const line = document.createElement("li");
          const bar = Object.assign(document.createElement("progress"), { max: of, value, ariaLabel: name });
          line.append(Object.assign(document.createElement("strong"), { textContent: name }), bar, Object.assign(document.createElement("span"), { textContent: text }));
          return line;
        }),
      );
    const now = list.map(({ name, percent }) => `${name} ${Math.floor(percent / 25) * 25} %`).join(", ");
    if (now !== quarter) progress().querySelector("[role=status]").textContent = quarter = now;
  };
  if (progress().dataset.ended || !progress().querySelector("[data-stop]")) listen(); // a replay of the reader's own begins here alone
  addEventListener("pagehide", () => source?.close());
  document.addEventListener("click", (event) => event.target.closest("[data-stop]") && going?.abort());
  addEventListener("submit", (event) => {
    const form = event.target;
    const button = event.submitter;
    if (event.defaultPrevented || !button?.matches("[data-slow]")) return;
    event.preventDefault();
    const body = new URLSearchParams(new FormData(form, button));
    const { signal } = (going = new AbortController());
    const stop = progress().querySelector("[data-stop]");
    listen();
    progress().hidden = false;
    progress().scrollIntoView({ block: "nearest" });
    for (const one of document.querySelectorAll("main form button")) one.disabled = true;
    if (stop) {
      stop.hidden = false;
      stop.focus();
    }
    fetch(form.action, { method: "POST", body, signal })
      .then(async (answer) => {
        if (answer.redirected) return location.assign(answer.url);
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        source.close();
        going = source = undefined;
        document.querySelector("main").replaceWith(page.querySelector("main"));
        (document.getElementById("errors") ?? document.querySelector("[data-outcome]"))?.focus();
      })
      .catch(() => (signal.aborted ? location.assign(stop.dataset.stop) : location.reload()));
  });
}

// What stands in a box is copied by a button, where the browser may. Without it the text is marked and copied by hand.
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.nextElementSibling.textContent = button.dataset.copied;
  });
}
