// One tap a child, saved at once. A tap that cannot be sent waits in the browser, by opaque ids and never by names, also
// when the browser is closed; whenever it is sent, and how often, the latest tap on a child stands.
"use strict";

for (const form of document.querySelectorAll("form.registering")) {
  const queueName = "rackvidd-taps";
  const status = form.querySelector("#saved");
  const undo = form.querySelector("#undo");
  const all = () => JSON.parse(localStorage.getItem(queueName) ?? "[]");
  const waiting = () => all().filter((tap) => tap.who === form.dataset.who); // another account's taps are not ours to send
  const keep = (mine) => {
    const list = [...all().filter((tap) => tap.who !== form.dataset.who), ...mine];
    list.length ? localStorage.setItem(queueName, JSON.stringify(list)) : localStorage.removeItem(queueName);
  };
  const rows = [...form.querySelectorAll("[data-child]")];
  const rowOf = (tap) => rows.find((row) => tap.to === form.dataset.rows + row.dataset.child);
  let sending = false;
  let spoken = 0;

  // Each row is saved by itself: the button that saves all of them is for pages without scripts.
  form.querySelector(".save").hidden = true;

  // At most one announcement a second is read out.
  const say = (text) => {
    clearTimeout(spoken);
    spoken = setTimeout(() => (status.textContent = text), 300);
  };

  const sayWaiting = () => {
    const n = waiting().length;
    if (n) say((n === 1 ? form.dataset.waiting : form.dataset.waits).replace("%d", n));
    return n;
  };

  const sendOne = async (tap) => {
    const answer = await fetch(tap.to, {
      method: "POST",
      headers: { "Content-Type": "application/x-www-form-urlencoded", Accept: "application/json" },
      body: new URLSearchParams({ state: tap.state, at: tap.at, seen: tap.seen, key: tap.key }),
      redirect: "error",
    });
    if (answer.status >= 500 || answer.status === 429) throw new Error(String(answer.status));
    return { ok: answer.ok, body: await answer.json() };
  };

  const send = async () => {
    if (sending) return;
    sending = true;
    try {
      for (let list = waiting(); list.length; list = waiting()) {
        const { ok, body } = await sendOne(list[0]);
        keep(waiting().filter((tap) => tap.key !== list[0].key));
        if (ok) show(list[0], body);
        if (!ok) say(form.dataset.refused + " " + body.text);
        else if (!sayWaiting()) say(body.text + " " + body.status);
      }
    } catch {
      sayWaiting();
      setTimeout(send, 5000);
    } finally {
      sending = false;
    }
  };

  // What both wanted is shown where somebody else had marked the same child, and what stands is chosen.
  const show = (tap, { state, seen, conflict }) => {
    const row = rowOf(tap);
    if (!row || waiting().some((other) => other.to === tap.to)) return;
    row.dataset.seen = seen;
    row.querySelector(".conflict")?.remove();
    if (!conflict) return;
    const note = Object.assign(document.createElement("p"), { className: "conflict error", textContent: conflict });
    row.append(note);
    choose(row, state);
  };

  const choose = (row, state) => {
    for (const radio of row.querySelectorAll("input[type=radio]")) radio.checked = radio.value === state;
    row.querySelector("[type=hidden]").value = state;
    const line = document.querySelector(`[data-clears="${row.dataset.child}"]`);
    line.hidden = state === "none";
    line.querySelector(".now").textContent = row.querySelector("input:checked + span")?.textContent ?? "";
  };

  const queue = (row, state, moment = Date.now()) => {
    const to = form.dataset.rows + row.dataset.child;
    const before = waiting().find((other) => other.to === to);
    const at = Math.max(moment, Number(row.dataset.seen) + 1); // a clock may be wrong: what was seen came before
    const tap = { who: form.dataset.who, to, state, at, seen: before?.seen ?? row.dataset.seen, key: crypto.randomUUID() };
    keep([...waiting().filter((other) => other.to !== to), tap]); // the latest tap on a child stands
    row.dataset.seen = at;
    choose(row, state);
  };

  form.addEventListener("change", (event) => {
    const row = event.target.closest("[data-child]");
    if (!row || event.target.type !== "radio") return;
    queue(row, event.target.value);
    send();
  });

  // Delete empties a row again.
  form.addEventListener("keydown", (event) => {
    const row = event.target.closest("[data-child]");
    if (!row || (event.key !== "Delete" && event.key !== "Backspace")) return;
    event.preventDefault();
    queue(row, "none");
    send();
  });

  for (const line of document.querySelectorAll("[data-clears]")) {
    line.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      event.stopPropagation();
      queue(rows.find((row) => row.dataset.child === line.dataset.clears), "none");
      send();
    });
  }

  // Everybody who is left is marked as here, also without a network, and can be unmarked again.
  let together = [];
  form.querySelector("[name=everybody]").addEventListener("click", (event) => {
    event.preventDefault();
    together = rows.filter((row) => !row.querySelector("input:checked"));
    const moment = Date.now();
    for (const row of together) queue(row, "attended", moment);
    undo.hidden = !together.length;
    send();
  });
  undo.addEventListener("click", () => {
    for (const row of together) if (row.querySelector("input:checked")?.value === "attended") queue(row, "none");
    undo.hidden = true;
    form.querySelector("[name=everybody]").focus();
    send();
  });

  // What waits is shown as it was tapped.
  for (const tap of waiting()) {
    const row = rowOf(tap);
    if (!row) continue;
    row.dataset.seen = tap.at;
    choose(row, tap.state);
  }
  addEventListener("online", send);
  if (sayWaiting()) send();
}
