// Taps of a register that wait in the browser: opaque ids, never names. They are sent from whatever page of ours is open, as
// the person whose taps they are and as nobody else. What was refused for good stays until it has been read.
"use strict";

const taps = (() => {
  const queueName = "rackvidd-taps";
  const who = document.body.dataset.account; // nobody has signed in: undefined
  const strip = document.getElementById("taps");
  const status = strip.querySelector("[role=status]");
  const texts = strip.dataset;
  let sending;
  let timer;
  let stopped = ""; // why the last sending stopped: "away" is the network or the server, "login" the session

  const all = () => JSON.parse(localStorage.getItem(queueName) ?? "[]");
  const write = (list) => (list.length ? localStorage.setItem(queueName, JSON.stringify(list)) : localStorage.removeItem(queueName));
  const mine = () => all().filter((tap) => tap.who === who);
  const waiting = () => mine().filter((tap) => !tap.over);
  const over = () => mine().filter((tap) => tap.over); // these can never be taken

  // add keeps a tap: of all on one child the latest.
  const add = (tap) => {
    write([...all().filter((other) => other.who !== who || other.to !== tap.to), { ...tap, who, key: crypto.randomUUID() }]);
    show();
  };
  const change = (key, values) => write(all().map((tap) => (tap.key === key ? { ...tap, ...values } : tap)));
  const drop = (keys) => {
    write(all().filter((tap) => !keys.includes(tap.key)));
    show();
  };

  // text is how many wait, and for what.
  const text = () => {
    const list = who ? waiting() : all().filter((tap) => !tap.over);
    if (!list.length) return "";
    const why = !who || stopped === "login" ? texts.login : list.find((tap) => tap.said)?.said;
    return [(list.length === 1 ? texts.single : texts.many).replace("%d", list.length) + ".", why].filter(Boolean).join(" ");
  };

  const sendOne = async (tap) => {
    if (tap.said && tap.at > Date.now()) {
      // The clock that was ahead has been set: nothing was tapped later than now. That makes it another request.
      const at = Math.max(Date.now(), Number(tap.seen) + 1);
      if (at < tap.at) {
        const key = crypto.randomUUID();
        change(tap.key, { at, key });
        tap = { ...tap, at, key };
      }
    }
    if (navigator.onLine) change(tap.key, { tried: true }); // it may come, though no answer does
    const answer = await fetch(tap.to, {
      method: "POST",
      headers: { "Content-Type": "application/x-www-form-urlencoded", Accept: "application/json" },
      body: new URLSearchParams({ who, state: tap.state, at: tap.at, seen: tap.seen, key: tap.key, ...(tap.target && { target: tap.target }) }),
      redirect: "error",
      signal: AbortSignal.timeout(20_000),
    });
    if (answer.status === 401) throw new Error("login");
    if (answer.status >= 500 || answer.status === 429) throw new Error("away");
    return { tap, ok: answer.ok, body: await answer.json() };
  };

  // settle takes an answer. The register tells it in the row; where no register shows the row, it is told here until it has
  // been read. Names, as of whoever marked the same child, stay out of the browser.
  const settle = ({ tap, ok, body }) => {
    if (ok) write(all().filter((other) => other.key !== tap.key));
    else change(tap.key, { over: body.over, said: body.text });
    const told = !document.dispatchEvent(new CustomEvent("tap", { cancelable: true, detail: { tap, ok, body } }));
    if (ok && body.conflict && !told && !mine().some((other) => other.to === tap.to)) write([...all(), { ...tap, over: true, said: tap.to.includes("/heads/") ? body.conflict : texts.conflict }]);
  };

  const sendAll = async () => {
    const tried = new Set();
    try {
      for (let next; (next = waiting().find((tap) => !tried.has(tap.key))); ) {
        const result = await sendOne(next);
        tried.add(next.key).add(result.tap.key);
        stopped = "";
        settle(result);
      }
    } catch (error) {
      stopped = error.message === "login" ? "login" : "away";
    }
    show();
    clearTimeout(timer);
    if (waiting().length) timer = setTimeout(send, stopped === "away" ? 5_000 : 30_000);
  };

  // send tries everything that waits once.
  const send = () => {
    if (!who || !waiting().length) return Promise.resolve();
    sending ??= sendAll().finally(() => (sending = undefined));
    return sending;
  };

  const sessionOf = (tap) => tap.to.replace(/\/(rows|heads)\/.*/, "");

  // A register says for itself what waits, and of its own rows what was refused.
  const here = (tap) => document.querySelector(`form.registering[data-rows="${sessionOf(tap)}/rows/"] [id="row-${tap.to.split("/").at(-1)}"]`);

  const show = () => {
    document.dispatchEvent(new CustomEvent("taps"));
    const said = document.querySelector("form.registering") ? "" : text();
    const before = status.textContent;
    if (said !== before) status.textContent = said || (before && who ? texts.sent : "");
    const groups = new Map(); // what is said of a session once, however many taps it is said of
    for (const tap of over().filter((one) => !here(one))) {
      const what = sessionOf(tap) + " " + tap.said;
      groups.set(what, [...(groups.get(what) ?? []), tap]);
    }
    strip.querySelector("ul").replaceChildren(
      ...[...groups.values()].map((list) => {
        const line = document.createElement("li");
        const count = (list.length === 1 ? texts.lost : texts.losts).replace("%d", list.length);
        const link = Object.assign(document.createElement("a"), { href: sessionOf(list[0]), textContent: texts.open });
        line.append(Object.assign(document.createElement("span"), { textContent: count + " " + list[0].said }), link, dismissing(list.map((tap) => tap.key)));
        return line;
      }),
    );
    strip.querySelector("a.again").hidden = !who || stopped !== "login";
    strip.hidden = !status.textContent && !groups.size;
  };

  // dismissing is the button by which what can never be taken is put away.
  const dismissing = (keys) => {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "plain", textContent: texts.dismiss });
    button.addEventListener("click", () => drop(keys));
    return button;
  };

  show();
  for (const again of ["online", "focus", "pageshow"]) addEventListener(again, send);
  document.addEventListener("visibilitychange", () => document.hidden || send());
  addEventListener("storage", (event) => {
    if (event.key !== queueName) return;
    if (!waiting().length) stopped = ""; // another page sent them
    show();
  });

  return { waiting, over, add, drop, send, text, sent: texts.sent, dismissing, stopped: () => stopped };
})();
