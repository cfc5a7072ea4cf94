// Pages that a form leads to, or that are so only for a while: how somebody who uses them in either language gets there.
import { account, accountOfSeveral, cancel, enter, group, person, place, post, sessionOf, signIn, until } from "./site.mjs";

const wide = { lang: "sv", width: 1280 };

// once makes something for everybody who asks, the first time.
const once = (make) => {
  let made;
  return () => (made ??= make());
};

// prepared is what a colleague makes.
const prepared = async (make) => {
  const one = await person(wide);
  await enter(one, "demo");
  const made = await make(one);
  await one.close();
  return made;
};

const run = process.pid; // the same demonstration is looked at by several

const cancelled = once(() =>
  prepared(async (one) => {
    const { register } = await group(one, `Inställt ${run}`, 2);
    await cancel(one, register);
    return register;
  }),
);

const walkedInto = once(() => prepared(async (one) => (await group(one, `In ${run}`, 1)).register));

const ahead = once(() =>
  prepared(async (one) => {
    const { at } = await group(one, `Framöver ${run}`, 2);
    await post(one, `${at}/series`, { from: "2099-01-05", count: "1", every_days: "7" });
    await one.open(at);
    return one.page.locator("details a[href*='/sessions/']").first().getAttribute("href");
  }),
);

const double = once(() => prepared((one) => group(one, `Par ${run}`, 2)));

const closed = once(() =>
  prepared(async (one) => {
    const { at } = await group(one, `Avslutad ${run}`, 2);
    await post(one, `${at}/series`, { from: "2099-01-05", count: "2", every_days: "7" });
    await post(one, `${at}/close`, { closed_on: "2098-12-31" });
    return at;
  }),
);

// undone is a child that another one was merged into, and taken apart from.
const undone = once(() =>
  prepared(async (one) => {
    const { at } = await group(one, `Isär ${run}`, 2);
    await one.open(at);
    const [keep, merge] = await one.page.locator("main .rows a").evaluateAll((all) => all.map((a) => a.pathname.split("/").at(-1)));
    const child = await post(one, `${place}/merges/new`, { keep, merge, step: "save" });
    await one.open(child);
    await one.press("button", `Ta isär dem igen ${merge.slice(0, 4)}`);
    await one.says("Barnen är två igen.");
    return child;
  }),
);

// struck is a child whose mark was changed.
const struck = once(() =>
  prepared(async (one) => {
    const { at, register } = await group(one, `Struken ${run}`, 1);
    await one.open(at);
    const child = await one.page.locator("main .rows a").first().getAttribute("href");
    for (const state of ["attended", "absent"]) await post(one, `${register}/rows/${child.split("/").at(-1)}`, { state });
    return child;
  }),
);

// marked sees to it that the last child who was there came to a session that others had come to, and that something follows in the log.
const marked = once(() =>
  prepared(async (one) => {
    const { at, register } = await group(one, `Markerade ${run}`, 2);
    await one.open(at);
    const children = await one.page.locator("main .rows a").evaluateAll((all) => all.map((a) => a.pathname.split("/").at(-1)));
    for (const child of children) await post(one, `${register}/rows/${child}`, { state: "attended" });
    await post(one, `${at}/members`, { identity: `Markerade ${run}-3`, label: "Sist i loggen" });
  }),
);

// elsewhere is the session of somebody who works in two municipalities.
const elsewhere = once(async () => {
  const name = `två-${run}`;
  const secret = await accountOfSeveral({ name, called: "Kim", roles: ["auditor"], municipalities: ["1880", "1881"] });
  const kim = await person(wide);
  await signIn(kim, name, secret);
  const session = await sessionOf(kim);
  await kim.close();
  return session;
});

// carded is a group whose children have cards.
const carded = once(() =>
  prepared(async (one) => {
    const name = `Kort ${run}`;
    await post(one, `${place}/programmes/new`, { name, forms: "support_group", organiser: "municipality", target: "substance_abuse", identity: "card", valid_from: "2026-01-01" });
    await one.open(`${place}/groups/new`);
    const offer = await one.page.getByRole("radio", { name: new RegExp(`^${name}`) }).getAttribute("value");
    return post(one, `${place}/groups/new`, { name, offer });
  }),
);

const placed = once(() => prepared((one) => post(one, `${place}/enrolments/new`, { identity: `lika-${run}`, label: `Lika ${run}`, offer: "sputnik/counselling", enrolled_on: "2026-01-12", birth_year: "2014", step: "save" })));

// submitted answers what a year's survey asks for, has it approved and submits it, unless that was done before.
const submitted = (year, open = /Utkast/) => async () => {
  const survey = `${place}/surveys/${year}`;
  const before = await prepared(async (one) => {
    await one.open(survey);
    if (!open.test(await one.page.locator("main .tag").first().innerText())) return true;
    const left = await one.page.locator(".tasks li", { hasText: "Inte påbörjad" }).locator("a[href*='/questions/']").evaluateAll((all) => all.map((a) => a.pathname));
    for (const path of left) {
      await one.open(path);
      const form = one.page.locator("main form.card").last();
      for (const box of await form.locator("textarea").all()) await box.fill("Så är det");
      for (const number of await form.locator("#value").all()) await number.fill("3");
      for (const choice of [form.locator("input[type=radio]").last(), form.locator("input[type=checkbox]").first()]) if (await choice.count()) await choice.check(); // a number is estimated
      await form.getByRole("button", { name: "Spara svaret" }).click();
      await one.says("Svaret är sparat.");
    }
    await one.open(`${survey}/checks`);
    const boxes = await one.page.locator("textarea").all();
    for (const box of boxes) await box.fill("Genomgånget");
    if (boxes.length) await one.press("button", "Spara kommentarerna");
    await one.open(survey);
    await one.press("button", "Klarmarkera");
    await one.says("Väntar på att någon");
  });
  if (before) return survey;
  const colleague = await person(wide);
  await enter(colleague, "colleague");
  await colleague.open(survey);
  await colleague.press("button", "Godkänn");
  await colleague.press("button", "Lås och lämna in");
  await colleague.says("Enkäten är inlämnad");
  await colleague.close();
  return survey;
};

const handedIn = once(submitted(2023));

// handedInTwice was opened for another number, and submitted again.
const handedInTwice = once(async () => {
  const survey = await submitted(2014)();
  const one = await person(wide);
  await enter(one, "demo");
  await one.open(`${survey}/versions`);
  const twice = (await one.page.locator("main tbody tr").count()) > 1;
  if (!twice) {
    await one.open(survey);
    await one.page.locator("summary", { hasText: "Öppna för ändring" }).click();
    await one.page.fill("#reason", "Sena uppgifter har kommit");
    await one.press("button", "Öppna för ändring");
    await one.open(`${survey}/questions/Q4`);
    await one.page.fill("#value", "7");
    await one.page.locator("form.card #reason").fill("Fyra barn till kom på samtal");
    await one.press("button", "Spara svaret");
    await one.says("Svaret är sparat.");
  }
  if (!twice) await submitted(2014, /Under ändring/)();
  await until("what is signed of both versions", async () => {
    await one.open(`${survey}/versions`);
    return (await one.page.locator("main tbody code").count()) > 1;
  });
  await one.close();
  return survey;
});

const openedAgain = once(async () => {
  const survey = await submitted(2022)();
  await prepared(async (one) => {
    await one.open(survey);
    if (await one.page.locator(".note.warning").count()) return; // it is open
    await one.page.locator("summary", { hasText: "Öppna för ändring" }).click();
    await one.page.fill("#reason", "Sena uppgifter har kommit");
    await one.press("button", "Öppna för ändring");
    await one.says("Sena uppgifter har kommit");
  });
  return survey;
});

const file = (name) => ({
  name: "rader.csv",
  mimeType: "text/csv",
  buffer: Buffer.from(`record_id,type,occurred_on,child,programme,form\nr1,närvaro,2024-03-04,${name},sputnik,counselling\nr2,närvaro,2099-03-04,${name},sputnik,counselling\n`),
});

async function previewed(one) {
  await one.open(`${place}/import`);
  await one.page.setInputFiles("#file", file("rad-1"));
  await one.page.fill("#source", `läge-${run}-${one.lang}`);
  await one.press("button", "Se vad som skulle hända", "See what would happen");
  await one.says("Inget är sparat ännu.", "Nothing is saved yet.");
}

async function invited(one) {
  await one.open("/users/new");
  await one.page.fill("#called", "Kim");
  await one.page.fill("#name", `läge-${run}-${one.lang}`);
  await one.page.locator("input[name=roles][value=operations]").check();
  await one.page.fill("#municipalities", place.split("/").at(-1));
  await one.press("button", "Spara och skapa länk", "Save and make a link");
  return one.page.locator("pre").innerText();
}

// tokened leads to the form of a token of the account that everybody tries the pages with.
async function tokened(one) {
  await one.open("/users");
  await one.follow(one.page.locator("main tbody a:text-is('demo')"));
  await one.follow(one.find("link", "Ny API-nyckel", "New API token"));
}

// narrowed is the page of an account that was narrowed after its token was made.
const narrowed = once(() =>
  prepared(async (one) => {
    const name = `mindre-${run}`;
    const municipalities = place.split("/").at(-1);
    await account(one, { name, called: "Kim", roles: ["auditor", "operations"], municipalities });
    await one.open("/users");
    const at = await one.page.locator("main tbody tr", { hasText: name }).locator("a").getAttribute("href");
    await post(one, `${at}/tokens/new`, { roles: ["auditor", "operations"], municipalities, last_day: "2099-01-31" });
    return post(one, at, { name, roles: "auditor", where: "some", municipalities });
  }),
);

const links = {}; // by language

// states by what they are called in testdata.
export const states = {
  "placing-check": async (one) => {
    await one.open(`${place}/enrolments/new`);
    await one.page.fill("#identity", `läge-${run}`);
    await one.page.fill("#label", "Lo");
    await one.page.locator("input[value='sputnik/counselling']").check();
    await one.press("button", "Fortsätt", "Continue");
    await one.find("heading", "Kontrollera innan du sparar", "Check before you save").waitFor();
  },
  "placing-doubles": async (one) => {
    await placed();
    await one.open(`${place}/referrals/new`);
    await one.use(one.find("radio", "Polisen", "The police"));
    await one.page.fill("#identity", `lika-igen-${run}`);
    await one.page.fill("#label", `Lika ${run}`);
    await one.press("button", "Fortsätt", "Continue");
    await one.find("heading", "Kan vara samma barn", "May be the same child").waitFor();
  },
  "choose-municipality": async (one) => {
    const own = await sessionOf(one);
    await one.context.addCookies([await elsewhere()]);
    await one.open("/");
    await one.context.addCookies([own]);
    await one.find("heading", "Välj kommun", "Choose a municipality").waitFor();
  },
  card: async (one) => {
    await one.open(await carded());
    await one.press("button", "Nytt kort", "New card");
    await one.find("heading", "Nytt kort", "New card").waitFor();
  },
  correction: async (one) => {
    await one.open(await placed());
    await one.open(await one.page.locator("main a[href*='/lines/']").first().getAttribute("href"));
    await one.find("button", "Spara rättelsen", "Save the correction").waitFor();
  },
  "group-closed": async (one) => one.open(await closed()),
  "child-merged": async (one) => one.open(await undone()),
  "child-struck": async (one) => {
    await one.open(await struck());
    await one.page.locator("main details", { has: one.page.locator("s") }).locator("summary").click();
  },
  "child-as-of": async (one) => {
    await one.open(`${await undone()}/as-of?day=2026-01-31`);
    await one.find("heading", "Har kommit till", "Has come since").waitFor();
  },
  "import-preview": previewed,
  "import-done": async (one) => {
    await previewed(one);
    await one.press("button", "Läs in 1 rad", "Import 1 row");
    await one.find("heading", "Filen är inläst", "The file was imported").waitFor();
  },
  "merge-compare": async (one) => {
    await double();
    await one.open(`${place}/merges/new`);
    await one.page.fill("#keep_identity", `Par ${run}-1`);
    await one.page.fill("#merge_identity", `Par ${run}-2`);
    await one.press("button", "Jämför dem", "Compare them");
    await one.page.locator("main .cards h2").nth(1).waitFor();
  },
  "user-link": async (one) => {
    links[one.lang] = await invited(one);
  },
  invitation: async (one) => one.page.goto((links[one.lang] ??= await invited(one))),
  "new-token": tokened,
  "token-made": async (one) => {
    await tokened(one);
    for (const role of await one.page.locator("input[name=roles]").all()) await role.setChecked((await role.getAttribute("value")) === "auditor");
    await one.press("button", "Skapa nyckel", "Make a token");
    await one.find("heading", "Nyckeln är skapad", "The token is made").waitFor();
  },
  "token-narrowed": async (one) => {
    await one.open(await narrowed());
    await one.says("Gäller för mindre än den gjordes för", "Valid for less than it was made for");
  },
  "national-log": async (one) => {
    await handedIn();
    await until("what was submitted in the national log, and its checkpoint", async () => {
      await one.open("/national/log");
      return (await one.page.locator("#received tbody tr").count()) && one.page.locator("main pre").count();
    });
  },
  "national-verification": async (one) => {
    await one.open("/national/log");
    await one.press("button", "Jämför alla kopior", "Compare all copies");
    await one.says("Alla kopior stämmer överens", "All copies agree");
  },
  "replay-result": async (one) => {
    await one.open(`${place}/replay`);
    await one.page.locator("#year").selectOption("2025");
    await one.page.fill("#reason", "Årets revision");
    await one.press("button", "Spela om och jämför", "Replay and compare");
    await one.says("Loggen ger samma tal som visas", "The log gives the same figures as are shown");
  },
  "verification-result": async (one) => {
    await one.open(`${place}/replay`);
    await one.press("button", "Jämför alla kopior", "Compare all copies");
    await one.says("Alla kopior stämmer överens", "All copies agree");
  },
  "read-model-check": async (one) => {
    await until("an end of what is being rebuilt", async () => {
      await one.open("/operations/models/1880/register");
      return one.page.locator("#rebuilding").isHidden();
    });
    await one.page.fill("#reason", "En ny disk");
    await one.press("button", "Fortsätt", "Continue");
    await one.find("heading", "Bygga om läsmodellen?", "Rebuild the read model?").waitFor();
  },
  "event-opened": async (one) => {
    await marked();
    await one.open(`${place}/log?type=session.attended`);
    await one.page.locator("tbody a").first().click();
    await one.page.locator("input[name=why]").first().check();
    await one.press("button", "Visa", "Show");
    await one.says("är antecknat i läsloggen", "is noted in the read log");
  },
  "register-cancelled": async (one) => one.open(await cancelled()),
  "register-walk-in": async (one) => {
    await placed();
    await one.open(`${await walkedInto()}?others=yes`);
    await one.page.evaluate(() => document.querySelectorAll("#child option ~ option, #home_municipality option ~ option").forEach((node) => node.remove())); // children of other tests, and every municipality
  },
  "register-ahead": async (one) => one.open(await ahead()),
  "survey-submitted": async (one) => one.open(await handedIn()),
  versions: async (one) => one.open(`${await handedInTwice()}/versions`),
  receipt: async (one) => one.open(`${await handedInTwice()}/versions/2`),
  difference: async (one) => one.open(`${await handedInTwice()}/difference?from=1&to=2`),
  "survey-amended": async (one) => one.open(await openedAgain()),
};
