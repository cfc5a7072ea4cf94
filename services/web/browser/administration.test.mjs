// What coordinators and administrators do now and then: two records that are one child, guests, a rebuild, what was known then.
import { after, describe } from "node:test";
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { browser, byKeyboard, enter, group, onNarrowScreen, person, place, teller, test, ways } from "./site.mjs";

after(() => browser.close());

for (const way of ways) {
  describe(way.name, () => {
    const story = teller(way, "demo");

    story("two records are found to be one child, and are taken apart again", async (one) => {
      const maker = await person({ lang: "sv", width: 1280 });
      await enter(maker, "demo");
      const name = `Dubbel${way.width}${way.lang}`;
      await group(maker, name, 2);
      await maker.close();
      await one.open(`${place}/merges/new`);
      await one.press("button", "Jämför dem", "Compare them");
      await one.says("Något behöver rättas", "Something needs to be put right");
      await one.write(one.page.locator("#keep_identity"), `${name}-1`);
      await one.write(one.page.locator("#merge_identity"), `${name}-1`);
      await one.press("button", "Jämför dem", "Compare them");
      await one.says("Ett barn kan inte slås samman med sig självt.", "A child cannot be merged with itself");
      await one.write(one.page.locator("#merge_identity"), `${name}-22`); // mistyped
      await one.press("button", "Jämför dem", "Compare them");
      await one.says("Det barnet finns inte hos dig.", "You work with no such child.");
      await one.fits();
      await one.write(one.page.locator("#merge_identity"), `${name}-2`);
      await one.press("button", "Jämför dem", "Compare them");
      await one.find("heading", `${name} 02`, `${name} 02`).waitFor();
      await one.fits();
      await one.press("button", "Det är samma barn", "They are the same child");
      await one.says("De två är nu ett barn", "The two are one child now");
      await one.use(one.page.getByRole("button", { name: one.text(/Ta isär dem igen/, /Take them apart again/) }));
      await one.says("Barnen är två igen.", "The children are two again.");
      await one.fits();
    });

    story("a file's rows that cannot be read are told in the reader's language", async (one) => {
      const file = (text) => ({ name: "rader.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
      await one.open(`${place}/import`);
      await one.page.setInputFiles("#file", file("hej,du\n1,2\n"));
      await one.write(one.page.locator("#source"), "test");
      await one.press("button", "Se vad som skulle hända", "See what would happen");
      await one.says("Första raden har ingen känd rubrik", "The first row holds no heading that is known");
      await one.press("link", "Välj en annan fil", "Choose another file");
      await one.write(one.page.locator("#source"), "test");
      await one.page.setInputFiles("#file", file("record_id,type,occurred_on,child,programme,form\nr1,närvaro,2025-03-04,barn-1,sputnik,simning\nr2,närvaro,2099-03-04,barn-1,sputnik,camp\n"));
      await one.press("button", "Se vad som skulle hända", "See what would happen");
      await one.says("ska vara något av stödgrupp", "must be one of support_group");
      await one.says(/har inte varit/, /lies ahead/);
      await one.fits();
    });

    story("a file with headings of its own is brought in once somebody has said what they hold", async (one) => {
      await one.open(`${place}/import`);
      const rows = "Nr;Vad;När;Elev;verksamhet;stödform;barn\n1;närvaro;2024-03-05;rubrik-1;sputnik;stödsamtal;Bo\n";
      await one.page.setInputFiles("#file", { name: "rader.csv", mimeType: "text/csv", buffer: Buffer.from(rows) });
      await one.write(one.page.locator("#source"), `rubrik-${process.pid}-${ways.indexOf(way)}`);
      await one.press("button", "Se vad som skulle hända", "See what would happen");
      await one.find("heading", "Vad innehåller kolumnerna?", "What do the columns hold?").waitFor();
      assert.equal(await one.page.locator(".errors li").count(), 4, "every heading that is not known is named");
      assert.equal(await one.page.locator("#column-E").inputValue(), "programme");
      await one.fits();
      for (const [place, holds] of [["A", "record_id"], ["B", "type"], ["C", "occurred_on"], ["D", "child"]]) {
        await one.page.locator(`#column-${place}`).selectOption(holds);
      }
      await one.press("button", "Se vad som skulle hända", "See what would happen");
      assert.equal(await one.page.locator(".errors li").count(), 2, "two columns hold the child");
      await one.page.locator("#column-G").selectOption("-");
      await one.press("button", "Se vad som skulle hända", "See what would happen");
      await one.find("heading", "Det här skulle hända", "This would happen").waitFor();
      await one.press("button", "Ändra vad kolumnerna innehåller", "Change what the columns hold");
      assert.equal(await one.page.locator("#column-D").inputValue(), "child");
      await one.press("button", "Se vad som skulle hända", "See what would happen");
      await one.press("button", "Läs in 1 rad", "Import 1 row");
      await one.find("heading", "Filen är inläst", "The file was imported").waitFor();
    });

    story("a file is said to be read while it is, and the rows that it leaves behind can be taken along", async (one) => {
      const errors = async () => {
        const [download] = await Promise.all([one.page.waitForEvent("download"), one.press("button", "Ladda ner felen som CSV", "Download the errors as CSV")]);
        return readFile(await download.path(), "utf8");
      };
      await one.open(`${place}/import`);
      const rows = `record_id,type,occurred_on,child,programme,form\nr1,närvaro,2024-03-04,fil-1,sputnik,counselling\nr2,närvaro,2099-03-04,fil-1,sputnik,counselling\n`;
      await one.page.setInputFiles("#file", { name: "rader.csv", mimeType: "text/csv", buffer: Buffer.from(rows) });
      await one.write(one.page.locator("#source"), `fil-${process.pid}-${ways.indexOf(way)}`);
      if (!way.scriptless) {
        await one.page.evaluate(() => {
          const status = document.querySelector("main form [role=status]");
          new MutationObserver(() => sessionStorage.setItem("said", status.textContent)).observe(status, { childList: true });
        });
      }
      await one.press("button", "Se vad som skulle hända", "See what would happen");
      await one.says("Inget är sparat ännu.", "Nothing is saved yet.");
      if (!way.scriptless) assert.match(await one.page.evaluate(() => sessionStorage.getItem("said")), one.text(/^Filen skickas och läses\./, /^The file is being sent and read\./));
      const before = await errors();
      assert.match(before, /^\uFEFFline;column;code;message;heading;kind\r\n3;/);
      assert.ok(!before.includes("fil-1"), "the errors say who a child is");
      await one.press("button", "Läs in 1 rad", "Import 1 row");
      await one.find("heading", "Filen är inläst", "The file was imported").waitFor();
      await one.fits();
      assert.equal(await errors(), before);
      await one.use(one.page.getByRole("button", { name: one.text("English", "Svenska"), exact: true }));
      await one.page.getByRole("heading", { name: one.text("The file was imported", "Filen är inläst") }).waitFor();
      await one.page.getByText(one.text(/^1 row was imported/, /^1 rad lästes in/)).waitFor();
      assert.ok((await one.page.locator("main tbody tr").count()) > 1, "what it made and what was left behind is told");
      await one.fits();
    });

    story("guests that another municipality counted are told", async (one) => {
      await one.open(`${place}/guests`);
      await one.press("button", "Spara antalet", "Save the number");
      assert.equal(await one.page.locator(".errors li").count(), 5);
      await one.page.locator("#provider_municipality").selectOption({ label: "Kumla" });
      await one.write(one.page.locator("#programme"), "smilla");
      await one.page.locator("#form").selectOption("camp");
      await one.write(one.page.locator("#held_on"), "2025-06-10");
      await one.write(one.page.locator("#children"), "2");
      await one.press("button", "Spara antalet", "Save the number");
      await one.says("Antalet är sparat.", "The number is saved.");
      await one.fits();
      await one.use(one.page.locator("main .rows summary").first());
      await one.page.locator("main .rows details[open] select").selectOption("entered_in_error");
      await one.fits();
      await one.use(one.page.locator("main .rows details[open] button"));
      await one.says("Det är taget tillbaka.", "It was taken back.");
      assert.ok((await one.page.locator("main .rows s").count()) > 0, "what was taken back is not struck through");
      await one.fits();
    });

    story("a read model is rebuilt, and what has become of it is told", async (one) => {
      await one.open("/operations");
      await one.says("Helt i kapp", "Up to date");
      await one.use(one.page.getByRole("link", { name: one.text(/^Sköt om caseload Örebro/, /^Maintain caseload Örebro/) }));
      await one.press("button", "Fortsätt", "Continue");
      await one.says("Varför: ", "Why: ");
      const why = `Ny disk ${way.width}${way.lang}`;
      await one.write(one.page.locator("#reason"), why);
      await one.press("button", "Fortsätt", "Continue");
      await one.says("Det här händer", "This will happen");
      await one.fits();
      await one.press("button", "Bygg om", "Rebuild");
      await one.says("Läsmodellen är ombyggd", "The read model was rebuilt");
      await one.says(why, why);
      await one.use(one.page.getByRole("radio", { name: one.text(/^Byt tillbaka/, /^Switch back/) }));
      await one.write(one.page.locator("#reason"), `${why}, nej`);
      await one.press("button", "Fortsätt", "Continue");
      await one.press("button", "Byt", "Switch");
      await one.says("Läsmodellen som låg bredvid används nu", "The read model that stood beside is in use now");
      await one.fits();
    });

    story("what was known then stands beside what is known now", async (one) => {
      await one.open(`${place}/as-of`);
      await one.page.locator("#year").selectOption("2025");
      await one.write(one.page.locator("#day"), "2020-01-01");
      await one.press("button", "Visa", "Show");
      const rows = await one.page.locator("tbody tr").first().locator("td").allInnerTexts();
      assert.equal(rows[0], "0");
      assert.ok(Number(rows[1]) > 100, rows);
      const asked = one.page.locator("table.years tbody tr");
      assert.match(await asked.filter({ hasText: one.text("Hur många barn", "How many children") }).innerText(), one.text(/annat svar$/, /another answer$/));
      await one.fits();
    });

    story("an event leads to those about the same thing, and the log is found by day", async (one) => {
      const maker = await person({ lang: "sv", width: 1280 });
      await enter(maker, "demo");
      await group(maker, `Spår${way.width}${way.lang}`, 2);
      await maker.close();
      await one.open(`${place}/log?type=group.members_changed`);
      await one.use(one.page.locator("tbody a").first());
      await one.use(one.page.getByRole("link", { name: one.text(/^föregående, händelse/, /^the one before, event/) }));
      await one.fits();
      await one.open(`${place}/log?day=2099-01-01`);
      await one.says("Inga händelser här.", "No events here.");
    });

    story("what an event tells of a child is shown for a reason, which the read log keeps", async (one) => {
      await one.open(`${place}/log?type=session.attended`);
      await one.use(one.page.locator("tbody a").first());
      const content = one.page.locator("section", { hasText: "session.attended" }).locator("pre"); // an occasion's own stands beside it
      await one.says("visas inte förrän du har angett varför", "is not shown until you have said why");
      assert.equal(await content.count(), 0);
      await one.says("Har tagit in händelsen", "Has taken the event in");
      await one.press("button", "Visa", "Show");
      await one.says("Något behöver rättas", "Something needs to be put right");
      assert.equal(await content.count(), 0);
      await one.use(one.page.getByRole("radio", { name: one.text("För att söka ett fel", "To look for a fault") }));
      await one.press("button", "Visa", "Show");
      await one.says("är antecknat i läsloggen", "is noted in the read log");
      assert.match(await content.innerText(), /"attended":/);
      await one.fits();
      await one.open(`${place}/reads?why=event_fault`);
      await one.page.locator("tbody").getByText(one.text("Läste en händelse för att söka ett fel", "Read an event to look for a fault")).first().waitFor();
    });

    story("words and calls are explained", async (one) => {
      await one.open("/ordlista");
      await one.says("Olika barn som har varit med", "Different children who came");
      await one.fits();
      await one.open("/api");
      await one.says("POST /municipalities/{code}/sessions", "POST /municipalities/{code}/sessions");
      await one.says("case.child_enrolled", "case.child_enrolled");
      await one.fits();
    });
  });
}

test("a replay tells how far it has come, can be stopped, and shows what came of it", async () => {
  const one = await person(byKeyboard);
  await enter(one, "demo");
  await one.open(`${place}/replay`);
  await one.page.locator("#reason").fill("Årets revision");
  // What is told is shown as it comes; the replay is kept waiting, as a long log would keep it.
  const told = [{ name: "2025", text: "1 240 000 av 2 000 000 (62 %), 18 000/s. Ungefär 42 s kvar.", value: 1240000, of: 2000000, percent: 62 }];
  await one.page.route("**/replay/progress", (route) => route.fulfill({ contentType: "text/event-stream", body: `data: ${JSON.stringify(told)}\n\n` }));
  let goOn;
  const waits = new Promise((done) => (goOn = done));
  await one.page.route("**/replay", async (route) => {
    await waits;
    await route.continue().catch(() => {}); // nobody waits for it any more
  });
  await one.press("button", "Spela om och jämför", "Replay and compare");
  const bar = one.page.getByRole("progressbar", { name: "2025" });
  await bar.waitFor();
  assert.equal(await bar.getAttribute("value"), "1240000");
  await one.says("1 240 000 av 2 000 000", "");
  assert.equal(await one.page.locator("#replaying [role=status]").innerText(), "2025 50 %");
  await one.fits();
  const [gone] = await Promise.all([one.page.waitForEvent("requestfailed", (request) => request.method() === "POST"), one.page.keyboard.press("Enter")]);
  assert.match(gone.url(), /replay$/);
  await one.page.unrouteAll({ behavior: "ignoreErrors" });
  goOn();
  await one.says("Omspelningen är avbruten", "The replay was stopped");
  await one.page.locator("#reason").fill("Årets revision");
  await one.press("button", "Spela om och jämför", "Replay and compare");
  await one.says("Loggen ger samma tal som visas", "The log gives the same figures as are shown");
  assert.equal(await one.page.evaluate(() => document.activeElement.textContent), "Loggen ger samma tal som visas");
  await one.close();
});

test("a rebuild tells how far it has come while it goes on", async () => {
  const one = await person(onNarrowScreen);
  await enter(one, "demo");
  await one.open("/operations");
  // What is told is shown as it comes: the stream itself is tried against the program, where a rebuild takes long enough.
  await one.page.route("**/operations/progress", (route) =>
    route.fulfill({ contentType: "text/event-stream", body: 'data: [{"name":"reach, Örebro","text":"62 of 100 (62 %), 18 /s.","value":62,"of":100,"percent":62}]\n\n' }),
  );
  await one.page.reload();
  const bar = one.page.getByRole("progressbar", { name: "reach, Örebro" });
  await bar.waitFor();
  assert.equal(await bar.getAttribute("value"), "62");
  await one.says(/62 of 100/, /62 of 100/);
  await one.fits();
  await one.close();
});
