#!/usr/bin/env python3
"""Verifies a bundle of Räckvidd offline: python3 verify.py BUNDLE.zip [KEY [CHECKPOINT]]

Needs Python 3.8 or later and the program openssl (3.0 or later), nothing else. KEY is the municipality's public key as
it told you itself (rackvidd-...+...+...); without it the bundle's own key is used, and printed for you to compare.
CHECKPOINT is a file that you kept of an earlier year: the bundle has to prove that the log only grew since.
Exit 0: all of it verifies. Exit 1: it does not (NOT VERIFIED), and the line says what. Exit 2: it could not be checked
(COULD NOT CHECK), which says nothing of the bundle: a file cannot be read, openssl is missing, or an argument is.
"""
import base64, functools, hashlib, hmac, io, json, os, struct, subprocess, sys, tempfile, zipfile, zlib

NAMES = ["manifest", "README.txt", "verify.py", "key.txt", "key.pem", "keys.json", "statement", "figures.json", "events.jsonl", "later.txt",
         "submission.json", "checkpoint", "inclusion.txt", "consistency.txt", "since-checkpoint", "since-consistency.txt"]


class Refused(Exception):
    """Says what does not verify."""


class Unable(Exception):
    """Says why nothing can be verified here."""


def need(true, problem):
    if not true:
        raise Refused(problem)


def once(pairs):
    need(len(dict(pairs)) == len(pairs), "a name stands twice in what is signed")
    return dict(pairs)


def read(text):
    """Reads JSON in which no name stands twice."""
    return json.loads(text, object_pairs_hook=once)


def whole(number):
    need(number.isascii() and number.isdigit() and len(number) < 19, "%.40s is no whole number from zero on" % number)
    return int(number)


# The file: a zip without compression, in the one spelling that it has, so that no byte of it can be another.

def unpack(data):
    end = data[-22:]
    need(len(end) == 22 and end[:4] == b"PK\5\6" and struct.unpack("<H", end[10:12])[0] <= len(NAMES) and struct.unpack("<I", end[12:16])[0] < 4096, "it is no whole zip, or holds other files than a bundle")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            listed = archive.infolist()
            need(all(f.compress_type == 0 for f in listed) and sum(f.file_size for f in listed) <= len(data), "the zip is not as it was written")
            files = [(f.filename, archive.read(f)) for f in listed]
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, EOFError, RuntimeError, struct.error) as error:
        raise Refused("it is no whole zip: %s" % error)
    names = [name for name, _ in files]
    want = [name for name in NAMES if name != "keys.json" or name in names]
    need(names in (want[:-2], want), "it does not hold the files of a bundle, each once and in order")
    need(packed(files) == data, "the zip is not as it was written")
    return dict(files)


def packed(files):
    local, central = [], []
    at = 0
    for name, data in files:
        name = name.encode()
        head = struct.pack("<5H3I2H", 20, 0, 0, 0, 33, zlib.crc32(data), len(data), len(data), len(name), 0)
        local += [b"PK\3\4" + head + name, data]
        central.append(b"PK\1\2" + struct.pack("<H", 20) + head + struct.pack("<3H2I", 0, 0, 0, 0, at) + name)
        at += 30 + len(name) + len(data)
    directory = b"".join(central)
    return b"".join(local) + directory + b"PK\5\6" + struct.pack("<4H2IH", 0, 0, len(files), len(files), len(directory), at, 0)


# Signatures: C2SP signed-note, Ed25519.

def key_of(line):
    try:
        name, digest, rest = line.split("+", 2)
        raw = base64.b64decode(rest, validate=True)
    except ValueError:
        raise Refused("the key is not written as a key is")
    need(len(raw) == 33 and raw[0] == 1 and base64.b64encode(raw).decode() == rest, "the key is no Ed25519 key")
    need(hashlib.sha256(name.encode() + b"\n" + raw).hexdigest()[:8] == digest, "the key does not belong to its name")
    return name, bytes.fromhex(digest), raw[1:]


def pem_of(public):
    der = base64.b64encode(bytes.fromhex("302a300506032b6570032100") + public).decode()
    return "-----BEGIN PUBLIC KEY-----\n%s\n-----END PUBLIC KEY-----\n" % der


@functools.lru_cache(maxsize=None)
def signed(public, signature, text):
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, name) for name in ("key.pem", "signature", "text")]
        for path, data in zip(paths, (pem_of(public).encode(), signature, text)):
            with open(path, "wb") as file:
                file.write(data)
        try:
            return subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", paths[0], "-rawin", "-sigfile", paths[1], "-in", paths[2]],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0
        except OSError:
            return False


def able():
    """Reports whether openssl finds a signature good that is: the second of RFC 8032, section 7.1."""
    return signed(bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"), bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"), b"\x72")


def opened(key, data, what):
    """Returns the lines of a note that the key signed."""
    text, gap, signature = data.rpartition(b"\n\n")
    need(gap, what + " is not signed by the key")
    return checked(key, text, signature, what)


def checked(key, text, signature, what):
    name, digest, public = key
    begin = "\u2014 {} ".format(name).encode()
    need(signature.startswith(begin) and signature.endswith(b"\n"), what + " is not signed by the key")
    try:
        raw = base64.b64decode(signature[len(begin):-1], validate=True)
    except ValueError:
        raise Refused(what + " is not signed by the key")
    good = base64.b64encode(raw) == signature[len(begin):-1] and raw[:4] == digest and signed(public, raw[4:], text + b"\n")
    if not good and not able():
        raise Unable("nothing can be verified here: the program openssl, 3.0 or later, is needed")
    need(good, what + " is not signed by the key")
    return text.decode().split("\n")


# The tree: RFC 6962.

def leaf(message):
    return hashlib.sha256(b"\0" + message).digest()


def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def root_of(leaves):
    stack = []
    for count, one in enumerate(leaves, 1):
        stack.append(one)
        while count % 2 == 0:
            stack[-2:] = [node(*stack[-2:])]
            count //= 2
    while len(stack) > 1:
        stack[-2:] = [node(*stack[-2:])]
    return stack[0]


def included(one, index, size, root, proof):
    last = size - 1
    for sibling in proof:
        if last == 0:
            return False
        if index % 2 or index == last:
            one = node(sibling, one)
            while index % 2 == 0 and index:
                index, last = index // 2, last // 2
        else:
            one = node(one, sibling)
        index, last = index // 2, last // 2
    return last == 0 and one == root


def consistent(size, root, later, later_root, proof):
    if size == later:
        return not proof and root == later_root
    proof = ([root] if size & (size - 1) == 0 else []) + proof
    if not 0 < size < later or not proof:
        return False
    index, last = size - 1, later - 1
    while index % 2:
        index, last = index // 2, last // 2
    old = new = proof[0]
    for sibling in proof[1:]:
        if last == 0:
            return False
        if index % 2 or index == last:
            old, new = node(sibling, old), node(sibling, new)
            while index % 2 == 0 and index:
                index, last = index // 2, last // 2
        else:
            new = node(new, sibling)
        index, last = index // 2, last // 2
    return last == 0 and old == root and new == later_root


def hashes_of(data, what):
    lines = data.decode("ascii", "replace").split("\n")
    try:
        found = [base64.b64decode(line, validate=True) for line in lines[:-1]]
    except ValueError:
        found = [b""]
    need(all(len(h) == 32 for h in found) and b"".join(base64.b64encode(h) + b"\n" for h in found) == data, what + " does not hold hashes")
    return found


def signer(keys, data):
    """Returns the key that a note says it is signed by: the last one, or one that was retired."""
    name = data.rpartition(b"\n\n")[2].split(b" ")[1:2]
    return next((k for k in keys[:-1] if [k[0][0].encode()] == name), keys[-1])


def in_time(signed_by, municipality, size, root, what):
    """Refuses what a retired key signed beyond the position at which it handed over."""
    (name, _, _), logs = signed_by
    if logs is not None:
        at, there = logs.get(municipality, (0, b""))
        need(size < at or size == at and root == there, "%s is signed by %s, a retired key: what it signed counts up to position %d" % (what, name, at))


def checkpoint_of(keys, data, municipality, what):
    by = signer(keys, data)
    lines = opened(by[0], data, what)
    need(len(lines) == 3 and lines[0] == by[0][0] + "/" + municipality, what + " is another log's")
    size, root = whole(lines[1]), base64.b64decode(lines[2])
    need([str(size), base64.b64encode(root).decode()] == lines[1:], what + " is not written as a checkpoint is")
    in_time(by, municipality, size, root, what)
    return size, root


def keys_of(data, line):
    """Returns the keys that led to the bundle's, in order, with the logs that each handed over, and the lines that name them."""
    keys, lines = [], []
    for note in read(data) if data else []:
        text, _, signatures = note.encode().partition(b"\n\n")
        header, said = text.decode().split("\n")
        d = read(said)
        first, second = (s + b"\n" for s in signatures.split(b"\n")[:-1])
        need(header == "rackvidd key v1" and first + second == signatures and (not lines or lines[-1] == d["retired"]), "keys.json does not lead on")
        checked(key_of(d["retired"]), text, first, "a handover in keys.json")
        checked(key_of(d["key"]), text, second, "a handover in keys.json")
        keys.append((key_of(d["retired"]), {log["municipality"]: (log["position"], bytes.fromhex(log["root"])) for log in d["logs"]}))
        lines += [d["retired"]] * (not lines) + [d["key"]]
    need(not lines or lines[-1] == line, "keys.json does not lead to the bundle's key")
    return keys + [(key_of(line), None)], lines or [line]


# The figure: how many different children, from the events alone.

# The events that are counted, and those that change no figure here, each in every version that there is. One that is in neither list
# could make a child more or fewer, so it is refused.
COUNTED = {
    "programme.registered.v1", "programme.amended.v1", "session.opened.v1", "session.corrected.v1", "session.cancelled.v1", "session.withdrawn.v1",
    "session.reinstated.v1", "session.reinstated.v2", "session.attended.v1", "guest.counted.v1", "guest.count_withdrawn.v1", "case.merged.v1", "case.merge_undone.v1", "case.child_described.v1",
    "case.child_described.v2",
    "case.referral_received.v1", "case.child_enrolled.v1", "case.enrolment_corrected.v1", "case.enrolment_ended.v1", "case.enrolment_end_matched.v1",
    "case.entry_withdrawn.v1"}
NOT_COUNTED = {
    "audit.read_model_maintained.v1", "audit.replayed.v1", "audit.replayed.v2", "case.absorbed.v1", "case.absorption_undone.v1", "case.identity_erased.v1", "case.identity_erased.v2",
    "case.referral_closed.v1", "case.referral_closing_matched.v1", "case.referral_corrected.v1", "group.amended.v1", "group.closed.v1", "group.formed.v1",
    "group.members_changed.v1", "group.reopened.v1", "group.series_planned.v1", "national.answer_received.v1", "national.denominator_stated.v1",
    "national.key_distrusted.v1", "national.key_trusted.v1", "national.population_stated.v1", "release.made.v1", "retention.decided.v1", "survey.amended.v1",
    "survey.answered.v1", "survey.approved.v1", "survey.checked.v1", "survey.commented.v1", "survey.question_commented.v1", "survey.returned.v1", "survey.submitted.v1"}


def recognised(position, event):
    need(event["type"] in COUNTED or event["type"] in NOT_COUNTED, "position %d: %s is not known to this verify.py, take a newer one" % (position, event["type"]))
    return event


def count(messages, municipality, year, definition):
    target, sessions, void, marks, heads, reports, into, said, places, ends = {}, {}, set(), {}, {}, {}, {}, [], {}, {}
    for position, message in enumerate(messages, 1):
        for event in message:
            need(event["source"].split("/")[1] == municipality, "position %d is another municipality's" % position)
            recognised(position, event)
            kind, d = event["type"].rsplit(".v", 1)[0], event["data"]
            if kind in ("programme.registered", "programme.amended"):
                target[d["programme"]] = d["target"]
            elif kind in ("session.opened", "session.corrected"):
                sessions[d["session"]] = (d["programme"], d["form"], d["held_on"], d.get("provider_municipality", ""))
            elif kind in ("session.cancelled", "session.withdrawn"):
                void.add((d["session"], kind))
            elif kind == "session.reinstated":
                void.discard((d["session"], "session.cancelled"))
            elif kind == "session.attended":
                for change, there in (("removed", False), ("attended", True)):
                    for mark in d.get(change) or []:
                        if mark.get("role") == "adult":
                            continue
                        who = (mark["child"], mark.get("target") or "substance_abuse", mark.get("home_municipality") or d.get("home_municipality", ""))
                        marks.setdefault(d["session"], {}).pop(who, None)
                        if there:
                            marks[d["session"]][who] = True
                            said.append((mark["child"], 0, mark.get("birth_year", 0)))
                for mark in d.get("absent") or []:
                    if mark.get("role") != "adult":
                        said.append((mark["child"], 0, mark.get("birth_year", 0)))
                for head in d.get("counted") or []:
                    heads.setdefault(d["session"], {}).pop(head["entry"], None)
                    if head.get("count", 0) and head.get("role") != "adult":
                        heads[d["session"]][head["entry"]] = (head.get("target") or "substance_abuse", head.get("home_municipality") or d.get("home_municipality", ""), head["count"])
            elif kind == "guest.counted":
                reports[d["report"]] = d
            elif kind == "guest.count_withdrawn":
                reports.pop(d["report"], None)
            elif kind == "case.merged":
                child, of = d["merge"].split("-")[0], d["into"]
                while of != child and of in into:
                    of = into[of]
                need(of != child, "position %d: a child is merged into one that counts as it, and no log of Räckvidd has such" % position)
                into[child] = d["into"]
            elif kind == "case.merge_undone":
                into.pop(d["merge"].split("-")[0], None)
            elif kind == "case.child_described":
                said.append((d["child"], position, d.get("birth_year", 0)))
            elif kind == "case.referral_received":
                said.append((d["referral"].split("-")[0], 0, d.get("birth_year", 0)))
            elif kind in ("case.child_enrolled", "case.enrolment_corrected"):
                places[d["enrolment"]] = (d["enrolled_on"], d["form"], d.get("home_municipality", ""))
                if kind == "case.child_enrolled":
                    said.append((d["enrolment"].split("-")[0], 0, d.get("birth_year", 0)))
            elif kind in ("case.enrolment_ended", "case.enrolment_end_matched"):
                ends[d["end"]] = (d.get("enrolment"), d["ended_on"])
            elif kind == "case.entry_withdrawn":
                places.pop(d["entry"], None)
                ends.pop(d["entry"], None)

    def counts_as(child):
        while child in into:
            child = into[child]
        return child

    born, homes = {}, {}
    for child, corrected, birth_year in said:
        if birth_year:
            born[counts_as(child)] = max(born.get(counts_as(child), (0, 0)), (corrected, birth_year))
    for entry, (day, _, home) in places.items():
        child, number = entry.split("-")
        rank = (day, struct.unpack(">q", base64.b32decode(number.upper() + "==="))[0], home)
        if home:
            homes[counts_as(child)] = max(homes.get(counts_as(child), ("", 0, "")), rank)

    def young(child):
        return child not in born or year - born[child][1] <= 17

    def own(child, home):
        return (home or homes.get(child, (0, 0, municipality))[2]) == municipality

    if definition == "enrolled/v1":
        over = {entry for entry, day in ends.values() if day < "%d-01-01" % year}
        reached = {counts_as(entry.split("-")[0]) for entry, (day, _, home) in places.items()
                   if day <= "%d-12-31" % year and entry not in over and (home or municipality) == municipality and young(counts_as(entry.split("-")[0]))}
        return len(reached), len(reached), len(reached)
    need(definition in ("reach/v3", "groups/v1"), "the definition %s is not known here" % definition)
    held = {session: form for session, (programme, form, day, provider) in sessions.items()
            if day[:4] == "%d" % year and (definition == "reach/v3" or form == "support_group") and (provider or target.get(programme) != "other")
            and (session, "session.cancelled") not in void and (session, "session.withdrawn") not in void}
    there = {session: {counts_as(child) for child, aim, home in marks.get(session, {}) if aim == "substance_abuse" and own(counts_as(child), home) and young(counts_as(child))}
             for session in held}
    reached = set().union(*there.values()) if there else set()
    crowds = [(sum(n for aim, home, n in heads.get(session, {}).values() if aim == "substance_abuse" and (home or municipality) == municipality), len(there[session]))
              for session in held]
    crowds += [(d["children"], 0) for d in reports.values() if d["held_on"][:4] == "%d" % year and (definition == "reach/v3" or d["form"] == "support_group")]
    unidentified = sum(n for n, _ in crowds)
    return len(reached), max([len(reached)] + [n + known for n, known in crowds if n]), len(reached) + unidentified


def events_of(message):
    event = json.loads(message, object_pairs_hook=once, parse_int=whole, parse_float=whole, parse_constant=whole)
    return event if isinstance(event, list) else [event]


def verify(data, trusted=None, kept=None):
    """Verifies the bytes of a bundle and returns its statement. Refused says what does not verify."""
    try:
        return verified(unpack(data), trusted, kept)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, ArithmeticError, RecursionError) as error:
        raise Refused("it is not written as a bundle is: %r" % error)


def verified(files, trusted, kept):
    line = files["key.txt"].decode("utf-8", "replace").rstrip("\n")
    keys, lines = keys_of(files.get("keys.json"), line)
    need(trusted is None or trusted.strip() in lines, "it is signed by another key than the one that you trust; where that took over from an older one since, ask for the older key too, or for a new bundle")
    key = key_of(line)
    need(files["key.pem"].decode("ascii", "replace") == pem_of(key[2]) and files["key.txt"] == (line + "\n").encode(), "key.pem is not key.txt's key")
    listed = ["rackvidd bundle v1"] + [hashlib.sha256(data).hexdigest() + "  " + name for name, data in files.items() if name != "manifest"]
    need(opened(key, files["manifest"], "manifest") == listed, "a file is not the one that manifest was signed for")

    by = signer(keys, files["statement"])
    header, said = opened(by[0], files["statement"], "statement")
    s = read(said)
    need(header in ("rackvidd statement v1", "rackvidd statement v2"), "statement is none that this verify.py knows; take a newer one, if there is one")
    in_time(by, s["municipality"], s["size"], bytes.fromhex(s["root"]), "statement")
    figures = read(files["figures.json"])
    need([figures[k] for k in ("municipality", "definition", "position", "from", "to")] ==
         [s["municipality"], s["definition"], s["position"], "%d-01-01" % s["year"], "%d-12-31" % s["year"]], "figures.json is about something else than the statement")

    messages = files["events.jsonl"].split(b"\n")
    need(messages.pop() == b"" and len(messages) == s["position"], "events.jsonl does not hold every event up to position %d" % s["position"])
    later = hashes_of(files["later.txt"], "later.txt")
    need(len(later) == s["size"] - s["position"] and s["position"] < s["submission"] <= s["size"], "later.txt does not lead from position %d to %d" % (s["position"], s["size"]))
    leaves = [leaf(message) for message in messages] + later
    need(root_of(leaves).hex() == s["root"], "the events do not lead to the root that was stated: one was changed, moved, added or left out")
    need(leaf(files["submission.json"]) == leaves[s["submission"] - 1], "submission.json is not the event at position %d" % s["submission"])
    committed = hmac.new(files["submission.json"], files["figures.json"], "sha256") if header.endswith("v2") else hashlib.sha256(files["figures.json"])
    need(committed.hexdigest() == s["figures"], "figures.json is not what was stated")
    submission = [recognised(s["submission"], e) for e in events_of(files["submission.json"])]
    submitted = [e["data"] for e in submission if e["type"] == "survey.submitted.v1" and e["source"] == "/%s/survey/%d" % (s["municipality"], s["year"])]
    need(len(submitted) == 1 and all(submitted[0][k] == s[k] for k in ("year", "version", "form", "definition", "position", "program")), "submission.json says something else than the statement")

    size, root = checkpoint_of(keys, files["checkpoint"], s["municipality"], "checkpoint")
    need(included(leaves[s["submission"] - 1], s["submission"] - 1, size, root, hashes_of(files["inclusion.txt"], "inclusion.txt")), "inclusion.txt does not prove the submission to be in the log")
    need(consistent(s["size"], bytes.fromhex(s["root"]), size, root, hashes_of(files["consistency.txt"], "consistency.txt")), "consistency.txt does not prove that the log only grew")
    before = 0
    need(kept is None or "since-checkpoint" in files, "it proves nothing from the checkpoint that you kept; ask for a bundle that does")
    if "since-checkpoint" in files:
        need(kept is None or files["since-checkpoint"] == kept, "since-checkpoint is another than the checkpoint that you kept")
        before, old = checkpoint_of(keys, files["since-checkpoint"], s["municipality"], "since-checkpoint")
        need(consistent(before, old, size, root, hashes_of(files["since-consistency.txt"], "since-consistency.txt")), "since-consistency.txt does not prove that the log only grew")

    children, lower, upper = count([events_of(m) for m in messages], s["municipality"], s["year"], s["definition"])
    stated = figures["children"], figures["bounds"]["lower"], figures["bounds"]["upper"]
    need(all(type(n) is int for n in stated) and stated == (children, lower, upper),
         "the events give %d children (%d to %d), figures.json says another number" % (children, lower, upper))
    numbers = [(a["question"], a.get("basis") or "counted", a.get("value", 0), a.get("lower", 0), a.get("upper", 0), a.get("computed", 0)) for a in submitted[0]["answers"] if a.get("basis") or a["status"] in ("number", "zero")]
    for question, basis, value, least, most, computed in numbers:
        need(basis in ("counted", "interval", "overridden", "estimated", "entered"), "%s does not say how its number is known" % question)
        if basis in ("counted", "interval"):
            need((value, least, most) == (lower, lower, upper), "%s was submitted as counted, and is another number" % question)
        else:
            need(computed == lower, "%s says that the events gave %r, and they give %d" % (question, computed, lower))
    return dict(s, key=line, children=children, lower=lower, upper=upper, checkpoint=size, since=before, numbers=numbers)


def main():
    if sys.argv[1:] in (["-h"], ["--help"]):
        print(__doc__)
        return
    if len(sys.argv) not in (2, 3, 4) or "" in sys.argv:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    with open(sys.argv[1], "rb") as file:
        data = file.read()
    kept = None
    if len(sys.argv) == 4:
        with open(sys.argv[3], "rb") as file:
            kept = file.read()
    s = verify(data, *sys.argv[2:3], kept=kept)
    print("verified: version %(version)d of the survey of %(year)d in %(municipality)s, submitted at position %(submission)d of its log" % s)
    print("children: %(children)d (%(lower)d to %(upper)d), definition %(definition)s, counted from %(position)d positions of the log" % s)
    for question, basis, value, least, most, _ in s["numbers"]:
        print("submitted: %s %d (%d to %d), %s" % (question, value, least, most, basis))
    print("root: %(root)s" % s)
    if s["since"]:
        print("grew: from position %(since)d to %(checkpoint)d, and nothing before was changed" % s)
        if kept is None:
            print("Compare since-checkpoint in the file with the one that you kept, or give it after the key.")
    else:
        print("no earlier checkpoint is in it: it does not show what the log was in earlier years")
    if len(sys.argv) == 2:
        print("key: %(key)s\nCompare the key with the one that the municipality told you itself: whoever made the file could have made the key." % s)


if __name__ == "__main__":
    try:
        main()
    except Refused as error:
        sys.exit("NOT VERIFIED: %s" % error)
    except (Unable, OSError, MemoryError) as error:
        print("COULD NOT CHECK: %s" % (str(error) or "there is too little memory"), file=sys.stderr)
        sys.exit(2)
