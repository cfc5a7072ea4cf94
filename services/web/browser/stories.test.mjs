// Each user group's main task, as people carry it out: in both languages, by keyboard alone, at 320 pixels, without JavaScript.
import { after, describe } from "node:test";
import assert from "node:assert/strict";
import { browser, byKeyboard, enter, group, mainWays, person, place, post, signIn, site, teller, test, until, ways } from "./site.mjs";

after(() => browser.close());

const year = 2025;
const survey = `${place}/surveys/${year}`;
let children = 0;

for (const way of mainWays) {
  describe(way.name, () => {
    const story = (name, user, tell, come) => teller(way, user, come)(name, tell);
    const beside = ways.includes(way) ? story : () => {}; // what is nobody's main task

    story("a coordinator signs in and fills in today's register", "demo", async (one) => {
      await one.open(`${place}/`);
      const ahead = one.page.getByRole("heading", { name: one.text("Kommande", "Ahead") }).locator("+ ul");
      assert.ok(await ahead.getByRole("listitem").count() > 0);
      assert.equal(await ahead.getByRole("link", { name: one.text("Fyll i närvaro", "Fill in") }).count(), 0, "a register opens on its day");
      await one.use(one.page.getByRole("link", { name: "Skogen", exact: true }).first());
      await one.fits();
      const rows = one.page.locator(".register > li");
      assert.equal(await rows.count(), 8);
      for (let i = 0; i < 8; i++) {
        const here = i % 3 > 0;
        await one.use(rows.nth(i).getByRole("radio", { name: here ? one.text("Här", "Here") : one.text("Inte här", "Not here"), exact: true }));
      }
      if (way.scriptless) await one.press("button", "Spara närvaro", "Save the register");
      await one.says(/8 av 8 ifyllda/, /8 of 8 filled in/);
      if (!way.scriptless) await one.page.waitForFunction(() => !localStorage.getItem("rackvidd-taps"));
      await one.open(one.page.url().replace(site, ""));
      assert.equal(await one.page.getByRole("radio", { name: one.text("Här", "Here"), exact: true, checked: true }).count(), 5);
      await one.write(one.page.getByLabel(one.text("Barn som ingen identifierade", "Children nobody identified")), "2");
      await one.write(one.page.getByLabel(one.text("Vuxna", "Adults")), "1");
      await one.press("button", "Spara antal", "Save the counts");
      await one.says("Antalen är sparade.", "The counts are saved.");
      assert.equal(await one.page.getByRole("radio", { name: one.text("Här", "Here"), exact: true, checked: true }).count(), 5);
    }, signIn);

    story("a coordinator records a referral and enrols the child, and is told when it already has a place", "demo", async (one) => {
      const label = `Barn ${++children} ${way.lang}`;
      await one.open(`${place}/referrals/new`);
      await one.press("button", "Fortsätt", "Continue");
      await one.says("Något behöver rättas", "Something needs to be put right");
      await one.use(one.find("radio", "Skolan", "School"));
      await one.write(one.page.locator("#identity"), `story-${way.name.length}-${children}`);
      await one.write(one.page.locator("#label"), label);
      await one.press("button", "Fortsätt", "Continue");
      await one.find("heading", "Kontrollera innan du sparar", "Check before you save").waitFor();
      await one.fits();
      await one.press("button", "Ändra", "Change");
      await one.use(one.find("radio", "Polisen", "The police"));
      await one.press("button", "Fortsätt", "Continue");
      await one.press("button", "Spara remissen", "Save the referral");
      await one.says("Remissen är sparad.", "The referral is saved.");
      for (const [form, known] of [[/(stödgrupp|support group) (utan grupp|without a group)/, false], [/stödsamtal|counselling/, true]]) {
        await one.press("link", "Skriv in barn", "Enrol a child");
        await one.use(one.page.getByRole("radio", { name: form }).first());
        await one.press("button", "Fortsätt", "Continue");
        assert.equal(await one.page.getByText(one.text("Barnet har redan plats", "The child already has a place")).count(), known ? 1 : 0);
        await one.press("button", "Skriv in", "Enrol");
        await one.says("Barnet är inskrivet.", "The child is enrolled.");
      }
      await one.says("räknas som ett barn", "counts as one child");
      assert.match(await one.page.locator("h1").textContent(), new RegExp(label));
      assert.doesNotMatch(await one.page.title(), new RegExp(label));
      await one.fits();
      await one.use(one.page.locator("summary", { hasText: one.text("Ändra Inskriven", "Change Enrolled") }).first());
      await one.page.locator("details[open] select[name=why]").selectOption("entered_in_error");
      await one.use(one.page.locator("details[open]").getByRole("button", { name: one.text("Ta tillbaka", "Take back") }));
      await one.says("Det är taget tillbaka.", "It was taken back.");
      assert.equal(await one.page.locator("main s").count(), 1);
      await one.fits();
    });

    beside("a coordinator sees how many places a group has left, and a full one is refused before anything is saved", "demo", async (one) => {
      const name = `Trångt ${way.width}${way.lang}${way.scriptless ? "!" : ""}`;
      await one.open(`${place}/groups/new`);
      await one.write(one.page.locator("#name"), name);
      await one.use(one.page.getByRole("radio", { name: one.text("sputnik, stödgrupp", "sputnik, support group"), exact: true }));
      await one.write(one.page.locator("#places"), "1");
      await one.press("button", "Skapa gruppen", "Form the group");
      await one.says("Gruppen är skapad.", "The group is formed.");
      const at = one.page.url();
      for (const [left, full] of [["1 av 1 platser kvar", false], ["Full: 1 av 1 platser är tagna", true]]) {
        await one.open(`${place}/enrolments/new`);
        await one.write(one.page.locator("#identity"), `${name}-${full}`);
        await one.write(one.page.locator("#label"), full ? "Sen" : "Tidig");
        const english = full ? "Full: 1 of 1 places are taken" : "1 of 1 places left";
        await one.use(one.page.getByRole("radio", { name: `${name} sputnik, ${one.text(`stödgrupp. ${left}`, `support group. ${english}`)}`, exact: true }));
        await one.fits();
        await one.press("button", "Fortsätt", "Continue");
        if (full) {
          await one.says("Gruppen är full, så inget är sparat.", "The group is full, so nothing was saved.");
          await one.fits();
          continue;
        }
        await one.find("heading", "Kontrollera innan du sparar", "Check before you save").waitFor();
        await one.fits();
        await one.press("button", "Skriv in", "Enrol");
        await one.says("Barnet är inskrivet.", "The child is enrolled.");
      }
      await one.page.goto(at);
      assert.deepEqual(await one.page.locator("main .rows a").allInnerTexts(), ["Tidig"]);
    });

    beside("a coordinator sees a child's year at a glance, and what is asked for alone", "demo", async (one) => {
      const name = `Tid ${way.width}${way.lang}${way.scriptless ? "!" : ""}`;
      const maker = await person({ lang: "sv", width: 1280 });
      await enter(maker, "demo");
      const { at, register } = await group(maker, name, 2);
      await maker.open(register);
      await maker.page.locator(".here").first().click();
      await maker.says(/1 av 2 ifyllda\. Sparat/);
      await maker.close();
      await one.open(`${place}/`);
      await one.page.getByRole("link", { name: one.text(`Fyll i resten: 1 av 2 ifyllda ${name}`, `Fill in the rest: 1 of 2 filled in ${name}`) }).waitFor();
      await one.fits();
      await one.open(at);
      await one.use(one.page.locator("main .rows a").first());
      await one.press("link", "Ny remiss", "New referral");
      await one.use(one.find("radio", "Skolan", "School"));
      await one.press("button", "Fortsätt", "Continue");
      await one.press("button", "Spara remissen", "Save the referral");
      await one.says("Remissen är sparad.", "The referral is saved.");
      const year = one.page.locator("summary", { hasText: one.text("Närvaro 1 av 1 träff", "Attendance 1 of 1 session") });
      await one.use(year);
      assert.match(await one.page.locator("details[open] ol").innerText(), one.text(/: här/, /: here/));
      await one.use(one.find("checkbox", "Remisser", "Referrals"));
      await one.press("button", "Visa", "Show");
      assert.match(one.page.url(), /\?show=referrals$/);
      assert.ok(await one.find("checkbox", "Remisser", "Referrals").isChecked());
      assert.equal(await year.count(), 0);
      assert.equal(await one.page.locator("main ol.rows > li").count(), 1);
      await one.fits();
      await one.use(one.find("checkbox", "Remisser", "Referrals"));
      await one.use(one.find("checkbox", "Det som är taget tillbaka", "What was taken back"));
      await one.press("button", "Visa", "Show");
      await one.says("Inget sådant är registrerat.", "Nothing of that is recorded.");
    });

    story("the back office answers the survey, a colleague approves it, and it is submitted", "demo", async (one) => {
      await one.open(survey);
      const reopen = one.page.locator("summary", { hasText: one.text("Öppna för ändring", "Open for a change") });
      if (await reopen.count()) {
        await one.use(reopen);
        await one.write(one.page.locator("#reason"), one.text("Sena uppgifter har kommit", "Late records have come"));
        await one.press("button", "Öppna för ändring", "Open for a change");
      }
      await one.use(one.page.getByRole("link", { name: one.text(/^Hur många barn/, /^How many children/) }));
      await one.use(one.page.locator("summary", { hasText: one.text("Så här är det räknat", "How it is counted") }));
      await one.says("Definition reach/v3", "Definition reach/v3");
      await one.fits();
      await one.open(`${survey}/questions/Q3`);
      await one.use(one.page.locator("summary", { hasText: one.text("Svara något annat", "Answer otherwise") }));
      await one.press("button", "Kan inte besvaras (ange varför)", "Cannot be answered (say why)");
      await one.says("Fyll i det här.", "Fill this in.");
      await one.write(one.page.locator("#reason"), one.text("Vi har inte frågat alla", "We have not asked everybody"));
      await one.press("button", "Kan inte besvaras (ange varför)", "Cannot be answered (say why)");
      await one.open(`${survey}/questions/Q3`);
      await one.says("Svaret är angivet av er. Räknat från loggen: Stödgrupp", "The answer was given by you. Computed from the log: Support group");
      await one.says("Vi har inte frågat alla", "We have not asked everybody");
      await one.fits();
      await one.use(one.page.locator("summary", { hasText: one.text("Svara något annat", "Answer otherwise") }));
      await one.press("button", "Använd det som räknats", "Use what was computed");
      await one.open(`${survey}/questions/Q3`);
      await one.says("Räknat från loggen.", "Computed from the log.");
      await one.open(`${survey}/questions/Q6`);
      for (const [sv, en] of [["Samverkan mellan kommunens instanser", "Cooperation within the municipality"], ["Information", "Information"], ["Ekonomi", "Funding"]]) {
        const box = one.find("checkbox", sv, en);
        if (!(await box.isChecked())) await one.use(box);
      }
      await one.press("button", "Spara svaret", "Save the answer");
      await one.says("Svaret är sparat.", "The answer is saved.");
      await one.open(`${survey}/checks`);
      for (const box of await one.page.locator("textarea").all()) {
        await one.write(box, one.text("Genomgånget", "Looked through"));
      }
      await one.press("button", "Spara kommentarerna", "Save the comments");
      await one.press("button", "Klarmarkera", "Declare ready");
      await one.says("Väntar på att någon som inte har arbetat med svaren", "Waits for somebody who has not worked on the answers");

      const colleague = await person(way);
      await enter(colleague, "colleague");
      await colleague.open(survey);
      await colleague.press("button", "Godkänn", "Approve");
      await colleague.press("button", "Lås och lämna in", "Lock and submit");
      await colleague.says("Enkäten är inlämnad", "The survey is submitted");
      await colleague.fits();
      await colleague.close();

      await one.open(`${survey}/versions`);
      await one.fits();
      if ((await one.page.locator("main tbody tr").count()) > 1) {
        await one.press("button", "Visa vad som skiljer", "Show what differs");
        await one.says(/Varför version \d+ gjordes:/, /Why version \d+ was made:/);
        await one.fits();
      }

      const n = mainWays.indexOf(way) + 1;
      const late = await post(one, `${place}/sessions/new`, { offer: "sputnik/support_group", held_on: `${year}-12-0${n}` });
      await post(one, `${late}/walk-in`, { identity: `late-${n}`, label: `Sen ${n}` });
      const since = one.page.getByText(one.text(/inlämnat \d+, i dag \d+: .*1 sen registrering/, /submitted \d+, today \d+: .*1 late record/));
      for (let i = 0; i < 20 && !(await since.count()); i++) await one.open(survey); // until the figures show it
      await since.first().waitFor();
      await one.fits();
      await one.open(`${survey}/questions/Q4`);
      const submitted = one.page.getByRole("row", { name: String(year) }).getByRole("cell").nth(1);
      assert.match(await submitted.innerText(), /^\d+$/, "what was submitted is a number");
    });

    story("an auditor replays a year and finds the same figures", "demo", async (one) => {
      await one.open(`${place}/replay`);
      await one.page.locator("#year").selectOption(String(year));
      await one.press("button", "Spela om och jämför", "Replay and compare");
      await one.says("Skriv varför.", "Say why.");
      await one.page.locator("#reason").fill("Årets revision");
      await one.press("button", "Spela om och jämför", "Replay and compare");
      await one.says("Loggen ger samma tal som visas", "The log gives the same figures as are shown");
      assert.match(await one.page.locator("#past tbody tr").first().innerText(), /Årets revision[^]*(Lika|Equal)/);
      await one.press("button", "Jämför alla kopior", "Compare all copies");
      if (one.scriptless) await until("the end of the verification", async () => (await one.page.locator("#verified").count()) || one.press("link", "Uppdatera", "Refresh"));
      await one.says("Alla kopior stämmer överens", "All copies agree");
      await one.fits();
      await one.open(`${place}/log?type=case.child_enrolled`);
      await one.use(one.page.locator("tbody a").first());
      await one.says("child_enrolled", "child_enrolled");
      await one.fits();
    });

    story("an administrator lets somebody in, who chooses a password and sees nothing beyond the role", "demo", async (one) => {
      const name = `kim${++children}`;
      await one.open("/users/new");
      await one.write(one.page.locator("#called"), "Kim");
      await one.write(one.page.locator("#name"), name);
      await one.use(one.page.getByRole("checkbox", { name: one.text(/Drift/, /Operations/) }));
      await one.write(one.page.locator("#municipalities"), "1880");
      await one.press("button", "Spara och skapa länk", "Save and make a link");
      const link = await one.page.locator("pre").innerText();
      const kim = await person(way);
      await kim.page.goto(link);
      await kim.write(kim.page.locator("#password"), "kort");
      await kim.press("button", "Spara och logga in", "Save and sign in");
      await kim.says("Lösenordet behöver 12 till 200 tecken.", "The password needs 12 to 200 characters.");
      await kim.write(kim.page.locator("#password"), "häst batteri klammer");
      await kim.press("button", "Spara och logga in", "Save and sign in");
      await kim.find("heading", "Drift", "Operations").waitFor();
      await kim.says("Helt i kapp", "Up to date");
      await kim.fits();
      for (const path of [`${place}/`, survey, "/users", "/report", "/nothing"]) {
        assert.equal((await kim.open(path)).status(), 404, path);
      }
      await kim.press("button", "Logga ut", "Sign out");
      await kim.says("Du är utloggad.", "You have signed out.");
      await kim.close();
    });

    story("whoever has several roles chooses what to work as, and changes it at the top of a page", "demo", async (one) => {
      await one.open("/");
      await one.find("heading", "Vad arbetar du med nu?", "What are you working with now?").waitFor();
      await one.press("button", "Fortsätt", "Continue");
      await one.says("Något behöver rättas", "Something needs to be put right");
      await one.fits();
      await one.use(one.page.getByRole("radio", { name: one.text(/^Kansli/, /^Back office/) }));
      await one.press("button", "Fortsätt", "Continue");
      await one.says("Arbetar som: Kansli", "Working as: Back office");
      assert.equal(new URL(one.page.url()).pathname, survey.replace(/\/\d+$/, ""));
      assert.equal((await one.open(`${place}/groups`)).status(), 404);
      await one.open(survey);
      await one.use(one.find("link", "Arbetar som: Kansli", "Working as: Back office"));
      await one.use(one.page.getByRole("radio", { name: one.text(/^Alla roller/, /^All roles/) }));
      await one.press("button", "Fortsätt", "Continue");
      assert.equal((await one.open(`${place}/groups`)).status(), 200);
      await one.fits();
    }, signIn); // what is chosen holds for the session, which others share

    story("a program is given a key for less than its account may do, and the list says what that is", "demo", async (one) => {
      await one.open("/users");
      await one.use(one.page.locator("main tbody a:text-is('demo')"));
      await one.use(one.find("link", "Ny API-nyckel", "New API token"));
      const roles = one.page.locator("input[name=roles]");
      for (const role of await roles.all()) if ((await role.getAttribute("value")) !== "auditor") await one.use(role);
      await one.write(one.page.locator("#last_day"), "2020-01-31");
      await one.press("button", "Skapa nyckel", "Make a token");
      await one.says("Dagen har varit.", "The day has passed.");
      await one.fits();
      await one.write(one.page.locator("#last_day"), "2099-01-31");
      await one.press("button", "Skapa nyckel", "Make a token");
      const secret = await one.page.locator("pre").innerText();
      const status = async (path) => (await fetch(`${site}/api/v1/${path}`, { headers: { authorization: `Bearer ${secret}` } })).status;
      assert.deepEqual([await status("municipalities/1880/log/events?limit=1"), await status("municipalities/1880/groups"), await status("accounts")], [200, 403, 403]);
      await one.open("/users");
      await one.use(one.page.locator("main tbody a:text-is('demo')"));
      const row = await one.page.locator("main tbody tr").first().innerText();
      assert.match(row, one.text(/Revisor\s+Örebro[^]*till och med 31 januari 2099[^]*Gäller/, /Auditor\s+Örebro[^]*through 31 January 2099[^]*Valid/));
      assert.doesNotMatch(row, one.text(/Kansli|Aldrig/, /Back office|Never/));
      await one.fits();
    });

    story("the national level reads the report", "demo", async (one) => {
      await one.open(`/report?year=${year}`);
      await one.says("av 290 kommuner har svarat", "of 290 municipalities have answered");
      await one.use(one.find("checkbox", "För publicering", "For publication"));
      await one.press("button", "Visa", "Show");
      await one.says("avrundade och skyddade", "rounded and protected");
      await one.fits();
    });
  });
}

test("what is typed stays text, and comes back when it is refused", async () => {
  const one = await person(byKeyboard);
  await enter(one, "demo");
  await one.open(`${place}/groups/new`);
  const typed = `<script>alert(1)</script>"'=1+1`;
  await one.page.fill("#name", typed);
  await one.page.fill("#places", "många");
  await one.press("button", "Skapa gruppen", "Form the group");
  await one.says("Skriv ett helt antal", "Write a whole number");
  assert.equal(await one.page.inputValue("#name"), typed);
  assert.equal(await one.page.inputValue("#places"), "många");
  assert.equal(await one.page.getAttribute("#places", "aria-invalid"), "true");
  await one.page.fill("#places", "8");
  await one.page.fill("#name", "20101231-2391");
  await one.page.getByRole("radio").first().check();
  await one.press("button", "Skapa gruppen", "Form the group");
  await one.says("personnummer", "identity number");
  await one.close();
});
