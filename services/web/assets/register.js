// One tap a child, saved at once. A tap that cannot be sent waits in the browser, by opaque ids and never by names, also
// when the browser is closed; whenever it is sent, and how often, the latest tap on a child stands.
"use strict";

for (const form of document.querySelectorAll("form.registering")) {
  const queueName = "rackvidd-taps";
  const status = form.querySelector("#saved");
  const all = () => JSON.parse(localStorage.getItem(queueName) ?? "[]");
  const waiting = () => all().filter((tap) => tap.who === form.dataset.who); // another account's taps are not ours to send
  const keep = (mine) => {
    const list = [...all().filter((tap) => tap.who !== form.dataset.who), ...mine];
    list.length ? localStorage.setItem(queueName, JSON.stringify(list)) : localStorage.removeItem(queueName);
  };
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
      body: new URLSearchParams({ state: tap.state, at: tap.at, key: tap.key }),
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

  form.addEventListener("change", (event) => {
    const row = event.target.closest("[data-child]");
    if (!row || event.target.type !== "radio") return;
    const to = form.dataset.rows + row.dataset.child;
    const tap = { who: form.dataset.who, to, state: event.target.value, at: Date.now(), key: crypto.randomUUID() };
    keep([...waiting().filter((other) => other.to !== to), tap]); // the latest tap on a child stands
    row.querySelector("[type=hidden]").value = tap.state;
    send();
  });

  // What waits is shown as it was tapped.
  for (const tap of waiting()) {
    const child = tap.to.startsWith(form.dataset.rows) ? tap.to.slice(form.dataset.rows.length) : "";
    const radio = [...form.querySelectorAll("input[type=radio]")].find((one) => one.name === "row-" + child && one.value === tap.state);
    if (radio) radio.checked = true;
  }
  addEventListener("online", send);
  if (sayWaiting()) send();
}
