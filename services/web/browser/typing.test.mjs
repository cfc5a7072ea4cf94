// Whatever is typed into whatever field: it stays text everywhere, and what is refused comes back with each error in its place.
// The forms are those that the pages have: nobody lists them.
import { after } from "node:test";
import assert from "node:assert/strict";
import { browser, enter, group, person, place, post, site, test } from "./site.mjs";

after(() => browser.close());

const survey = `${place}/surveys/2025`;
const withForms = [
  `${place}/groups/new`, `${place}/sessions/new`, `${place}/referrals/new`, `${place}/enrolments/new`, `${place}/programmes/new`, `${place}/import`,
  `${place}/merges/new`, `${place}/guests`, survey, `${survey}/checks`, ...["Q2", "Q4", "Q6", "Q7"].map((q) => `${survey}/questions/${q}`), `${place}/replay`, "/operations/models/1880/caseload", `${place}/privacy`, "/users/new",
];
const shown = [`${place}/`, `${place}/groups`, `${place}/programmes`, `${place}/reach?year=2025`, `${place}/surveys`, `${place}/log`, "/operations", "/users", "/report?year=2025"];
const never = /\/(logout|disable|revoke|confirm|cancel|card)$|\/sessions\/\w+\/withdraw$/; // they end what the test needs, or take no words

let programmes = 0;

// forms are the addresses of a page and the numbers of its forms, those of one group, child and register with them.
async function forms(one) {
  const { at, register } = await group(one, `Ord${one.lang}${process.pid}`, 2);
  const programme = `ord-${one.lang}-${process.pid}-${++programmes}`; // its name is what is typed
  await post(one, `${place}/programmes/new`, { name: programme, forms: "camp", organiser: "municipality", target: "substance_abuse", identity: "linked", valid_from: "2020-01-01" });
  await one.open(at);
  const child = await one.page.locator("main .rows a").first().getAttribute("href");
  await one.open("/users");
  const user = await one.page.locator("main tbody a:text-is('demo')").getAttribute("href");
  const list = [];
  for (const path of [...withForms, `${user}/tokens/new`, `${place}/programmes/${programme}`, at, register, child]) {
    await one.open(path);
    const actions = await one.page.locator("main form[method=post]").evaluateAll((all) => all.map((form) => form.action));
    actions.forEach((action, i) => never.test(action) || list.push({ path, i }));
  }
  return { list, pages: [at, register, child] };
}

// fill writes a word into each field of a form that takes words, and chooses something where there is something to choose.
const fill = (one, { path, i }, word) =>
  one.open(path).then(() =>
    one.page.locator("main form[method=post]").nth(i).evaluate((form, typed) => {
      const names = [];
      for (const field of form.elements) {
        if (field.tagName === "TEXTAREA" || ["text", "date", "password"].includes(field.type)) {
          if (field.type === "date") field.type = "text"; // as a browser without a calendar has it
          field.value = typed;
          if (field.type === "text" || field.tagName === "TEXTAREA") names.push(field.name);
        } else if (field.type === "radio" && !form.querySelector(`[name="${field.name}"]:checked`)) field.checked = true;
        else if (field.tagName === "SELECT") field.selectedIndex = field.options.length - 1;
        else if (field.type === "checkbox" && field === form.elements[field.name][0]) field.checked = true;
      }
      return names;
    }, word),
  );

async function send(one, { i }) {
  const form = one.page.locator("main form[method=post]").nth(i);
  const [answered] = await Promise.all([one.page.waitForNavigation(), form.evaluate((node) => HTMLFormElement.prototype.submit.call(node))]);
  return answered.status();
}

for (const lang of ["sv", "en"]) {
  test(`every form repeats what was typed and names each error beside its field and in the summary (${lang})`, async () => {
    const one = await person({ lang, width: 1280, scriptless: false });
    await enter(one, "demo");
    const wrong = [];
    let refused = 0;
    for (const form of (await forms(one)).list) {
      const word = "2025-13-99 kalle@example.org"; // no day, no number, and nothing that may be a name here
      const names = await fill(one, form, word);
      const what = `${form.path} form ${form.i}`;
      if (!names.length) continue;
      const status = await send(one, form);
      if (status >= 400 && status !== 422) wrong.push(`${what}: ${status}`);
      if (status !== 422) continue;
      refused++;
      await one.page.waitForFunction(() => document.activeElement !== document.body, null, { timeout: 20_000 }).catch(() => {}); // a page gets its focus when it is first drawn; where it has none that is told below
      const seen = await one.page.evaluate((names) => {
        const links = [...document.querySelectorAll(".errors li a")];
        return {
          first: document.activeElement?.id,
          summary: document.querySelectorAll(".errors li").length,
          lost: links.filter((a) => !document.querySelector(`main [id="${a.hash.slice(1)}"]`)).map((a) => a.hash),
          mute: links.filter((a) => { const field = document.getElementById(a.hash.slice(1)); return field && !(field.getAttribute("aria-describedby") ?? "").split(" ").some((id) => id.endsWith("-error") && document.getElementById(id)?.textContent.trim()); }).map((a) => a.hash),
          values: Object.fromEntries(names.map((name) => [name, [...document.getElementsByName(name)].map((f) => f.value)])),
          texts: [...document.querySelectorAll(".errors li")].map((li) => li.textContent),
        };
      }, names);
      if (seen.first !== "errors") wrong.push(`${what}: the summary has not the focus`);
      if (!seen.summary) wrong.push(`${what}: no summary`);
      for (const hash of seen.lost) wrong.push(`${what}: the summary leads to ${hash}, which is not there`);
      for (const hash of seen.mute) wrong.push(`${what}: ${hash} does not say what is wrong with it`);
      for (const [name, values] of Object.entries(seen.values)) {
        if (!/^(identity|keep_identity|merge_identity|password)$/.test(name) && !values.includes(word)) wrong.push(`${what}: ${name} is not repeated but ${JSON.stringify(values)}`);
      }
      for (const text of seen.texts) if (/^(problem|form)\.|undefined|^$/.test(text) || /[åäö]/i.test(text) !== (lang === "sv") && /[åäö]/i.test(text)) wrong.push(`${what}: "${text}"`);
    }
    await one.close();
    assert.deepEqual(wrong, []);
    assert.ok(refused >= 12, `only ${refused} forms refused anything`);
  }, 1_200_000);
}

test("scripts and formulas that are typed stay text in every page and every file", async () => {
  const one = await person({ lang: "sv", width: 1280 });
  await enter(one, "demo");
  let ran = false;
  let sent = 0;
  one.page.on("dialog", (dialog) => {
    ran = true;
    dialog.dismiss();
  });
  const { list, pages } = await forms(one);
  for (const word of ["=1+1", '"><script>alert(1)</script><img src=x onerror=alert(1)>']) {
    for (const form of list) {
      await one.open(form.path);
      if ((await one.page.locator("main form[method=post]").count()) <= form.i) continue; // what was sent before has closed it
      await fill(one, form, word);
      sent++;
      const status = await send(one, form);
      const unknown = status === 404 && form.path.endsWith("/privacy"); // there is no child of that name
      assert.ok(status < 400 || status === 422 || unknown, `${form.path} form ${form.i}: ${status}`);
      const made = await one.page.evaluate(() => document.querySelectorAll("main script:not([src]), main img, [onerror]").length);
      assert.equal(made, 0, `${form.path} form ${form.i} makes an element of ${word}`);
    }
  }
  const files = new Set();
  for (const path of [...withForms, ...pages, ...shown]) {
    await one.open(path);
    assert.equal(await one.page.evaluate(() => document.querySelectorAll("main script:not([src]), main img, [onerror]").length), 0, path);
    for (const href of await one.page.locator("main a[download]").evaluateAll((all) => all.map((a) => a.href))) files.add(href);
  }
  let read = 0;
  const kinds = new Set(); // what is in them is looked at where they are made (services/rackvidd/files_test.go)
  for (const file of files) {
    const { kind, apart, text } = await one.page.evaluate(async (to) => {
      const answer = await fetch(to);
      const head = (name) => answer.headers.get(name) ?? "";
      return { kind: head("content-type").split(";")[0], apart: head("content-disposition").startsWith("attachment") && head("x-content-type-options") === "nosniff", text: await answer.text() };
    }, file);
    kinds.add(kind);
    assert.ok(apart, `${file} may be opened as a page`);
    if (kind === "application/json") JSON.parse(text);
    if (kind !== "text/csv") continue;
    read++;
    for (const cell of text.split(/[\n;,]/)) assert.ok(!/^"?[=@]/.test(cell), `${file}: ${cell}`);
  }
  assert.ok(read > 0, `files: ${[...files]}`);
  assert.deepEqual([...kinds].sort(), ["application/json", "application/pdf", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "text/csv"]);
  assert.equal(ran, false, "a script ran");
  assert.ok(sent > 1.5 * list.length, `${sent} forms sent of ${list.length}, two words each`);
  await one.close();
}, 1_200_000);
