// What a form says when it is refused, what a file would make before it is brought in, and what is kept of a survey.
import { after, describe } from "node:test";
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { browser, enter, group, person, place, post, teller, ways, until } from "./site.mjs";

after(() => browser.close());

const survey = `${place}/surveys/2024`;

// submitted sees to it that the survey is: prepared by one, approved and submitted by another.
async function submitted(one) {
  await one.open(survey);
  if (await one.page.locator(`a[href$="/receipt"]`).count()) return;
  const clerk = await person({ lang: "sv", width: 1280 });
  await enter(clerk, "demo");
  await clerk.open(`${survey}/questions/Q6`);
  await clerk.page.locator("input[name=choices]").first().check();
  await clerk.press("button", "Spara svaret", "");
  await clerk.open(`${survey}/checks`);
  for (const box of await clerk.page.locator("textarea").all()) await box.fill("Genomgånget");
  await clerk.press("button", "Spara kommentarerna", "");
  await clerk.press("button", "Klarmarkera", "");
  await clerk.close();
  const colleague = await person({ lang: "sv", width: 1280 });
  await enter(colleague, "colleague");
  await colleague.open(survey);
  await colleague.press("button", "Godkänn", "");
  await colleague.press("button", "Lås och lämna in", "");
  await colleague.says("Enkäten är inlämnad", "");
  await colleague.close();
}

for (const way of ways) {
  describe(way.name, () => {
    const story = teller(way, "demo");

    story("a refused form leads to the entry that is wrong, and the language is changed without losing what was typed", async (one) => {
      const { at } = await group(one, `Serie${way.width}${way.lang}${way.scriptless ?? ""}`, 1);
      await one.open(at);
      await one.use(one.page.locator("summary", { hasText: one.text("Planera", "Plan") }).first());
      await one.write(one.page.locator("#skip"), "2030-01-08 aldrig");
      await one.use(one.page.locator("details:has(#skip) form button"));
      const link = one.page.locator(".errors a");
      assert.match(await link.innerText(), one.text(/nr 2: Skriv en dag som finns/, /no\. 2: Write a day that exists/));
      await one.use(link);
      assert.equal(await one.page.evaluate(() => new URL(location).hash), "#skip");
      assert.ok(await one.page.locator("#skip").isVisible());
      await one.fits();
      await one.use(one.page.getByRole("button", { name: one.text("English", "Svenska"), exact: true }));
      await one.page.getByText(one.text("Nothing is sent yet", "Inget är skickat ännu")).waitFor();
      assert.equal(await one.page.locator("#skip").inputValue(), "2030-01-08 aldrig");
      assert.ok(!one.page.url().includes("aldrig"));
      await one.fits();
      await one.page.locator("details:has(#skip) form button").click();
      assert.match(await one.page.locator(".errors a").innerText(), one.text(/no\. 2: Write a day that exists/, /nr 2: Skriv en dag som finns/));
    });

    story("a file tells what it would make before it is brought in, and names its own headings", async (one) => {
      const rows = ["Löpnummer;Händelse;Datum;Barn;Verksamhet;Stödform", "1;remiss mottagen;2024-02-01;for-1;sputnik;", "2;närvaro;2024-02-04;for-1;sputnik;läger", "3;närvaro;2024-02-04;for-2;sputnik;läger", "4;närvaro;igår;for-2;sputnik;läger"];
      await one.open(`${place}/import`);
      await one.page.setInputFiles("#file", { name: "rader.csv", mimeType: "text/csv", buffer: Buffer.from(rows.join("\n")) });
      await one.write(one.page.locator("#source"), `for-${process.pid}-${ways.indexOf(way)}`);
      await one.press("button", "Se vad som skulle hända", "See what would happen");
      await one.says("2 olika barn: 2 nya i kommunen, 0 kända sedan tidigare", "2 different children: 2 new in the municipality, 0 known before");
      await one.says(/\d nya? träff/, /\d new sessions?/);
      const camp = one.page.getByRole("row").filter({ hasText: one.text("Läger", "Camp") });
      assert.deepEqual(await camp.getByRole("cell").allInnerTexts(), [one.text("Läger", "Camp"), "0", "2"]);
      const wrong = one.page.getByRole("row").filter({ hasText: "Datum" });
      assert.match(await wrong.innerText(), one.text(/5\s+Datum\s+Dag\s+Ska vara en dag som finns/, /5\s+Datum\s+Day\s+Must be a day that exists/));
      await one.fits();
      await one.press("button", "Läs in 3 rader", "Import 3 rows");
      await one.find("heading", "Filen är inläst", "The file was imported").waitFor();
      assert.deepEqual(await camp.getByRole("cell").allInnerTexts(), [one.text("Läger", "Camp"), "0", "2"]);
      await one.fits();
    });

    story("a check leads to the sessions that it counts", async (one) => {
      const held = `2021-05-0${ways.indexOf(way) + 1}`;
      const maker = await person({ lang: "sv", width: 1280 });
      await enter(maker, "demo");
      const register = await post(maker, `${place}/sessions/new`, { offer: "sputnik/support_group", held_on: held });
      await maker.close();
      await one.open(`${place}/surveys/2021/checks`);
      await one.fits();
      await one.use(one.page.locator("a[href$='/checks/S07']"));
      await one.find("heading", /^Träffarna bakom kontrollen: /, /^The sessions behind the check: /).waitFor();
      await one.fits();
      const [download] = await Promise.all([one.page.waitForEvent("download"), one.use(one.page.locator("a[href='?format=csv']"))]);
      assert.ok((await readFile(await download.path(), "utf8")).includes(held));
      await one.use(one.page.locator(`tbody a[href="${register}"]`));
      assert.equal(new URL(one.page.url()).pathname, register);
    });

    story("a submitted survey has a receipt that is printed on one page, and a signed statement", async (one) => {
      await submitted(one);
      await one.open(survey);
      await one.press("link", "Kvitto att skriva ut och spara", "Receipt to print and keep");
      const did = one.page.getByRole("row").filter({ hasText: one.text("Inlämnad", "Submitted") });
      assert.match(await did.first().innerText(), one.text(/Godkännare/, /Approver/));
      await until("the statement, which is signed when the log is archived so far", async () => {
        await one.page.reload();
        return one.page.locator("main code").count();
      });
      assert.match(await one.page.locator("main code").first().innerText(), /^[0-9a-f]{64}$/);
      await one.fits();
      const [download] = await Promise.all([one.page.waitForEvent("download"), one.press("link", "Ladda ner det signerade intyget", "Download the signed statement")]);
      assert.match(download.suggestedFilename(), /\.statement$/);
      const printed = (await one.page.pdf({ format: "A4", margin: { top: "15mm", bottom: "15mm", left: "15mm", right: "15mm" } })).toString("latin1");
      assert.equal(printed.match(/\/Type\s*\/Page\b/g).length, 1, "the receipt takes more than a page");
    });
  });
}
