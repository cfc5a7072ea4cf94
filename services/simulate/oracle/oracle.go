// Package oracle counts reach over the rows of an activity file in the plainest way, for tests to compare with.
// It shares nothing with the program.
package oracle

import "strconv"

// Figures are what reach.Figures are for reach/v3, with lists as maps. Overlap's keys are "camp+counselling".
type Figures struct {
	Children, Lower, Upper, Unidentified, UnknownAge, Guests          int
	SumOverForms, SumOverProgrammes                                   int
	ByForm, FormAttendances, ByProgramme, ProgrammeAttendances        map[string]int
	Overlap, ByAge, ByGender                                          map[string]int
	Referrals, ReferredChildren                                       int
	ReferralsByChannel, ReferredByChannel, FirstChannel, EveryChannel map[string]int
}

type set map[string]bool

// Reach counts the rows that a first import records: English headings and codes, valid rows, in file order. A
// child's birth year and home are taken to be the same in all its rows, where given.
func Reach(rows []map[string]string, municipality, from, to string) Figures {
	rows = once(rows)
	born, gender, cancelled := map[string]string{}, map[string]string{}, set{}
	for _, r := range rows {
		if r["type"] == "session_cancelled" {
			cancelled[session(r)] = true
		}
		if len(r["child"]) == 12 && digits(r["child"]) {
			born[r["child"]] = r["child"][:4]
		}
		remember(born, r["child"], r["birth_year"])
		remember(gender, r["child"], r["gender"])
	}
	year, _ := strconv.Atoi(to[:4])
	c := counting{perForm: map[string]set{}, perProgramme: map[string]set{}, formVisits: map[string]set{}, programmeVisits: map[string]set{}, perSession: map[string]set{}}
	children, guests, anonymous, unidentified := set{}, set{}, map[string]int{}, 0
	for _, r := range rows {
		if r["type"] != "session_attended" || r["occurred_on"] < from || r["occurred_on"] > to || cancelled[session(r)] || r["role"] == "adult" || r["target"] == "other" {
			continue
		}
		home := r["home_municipality"]
		own := home == "" || home == municipality
		if n, _ := strconv.Atoi(r["count"]); n > 0 {
			if own {
				unidentified += n
				anonymous[session(r)] += n
			}
			continue
		}
		if b, err := strconv.Atoi(born[r["child"]]); err == nil && year-b > 17 {
			continue
		}
		if !own {
			guests[r["child"]] = true
			continue
		}
		children[r["child"]] = true
		c.visit(r)
	}
	f := Figures{Children: len(children), Guests: len(guests), Unidentified: unidentified, Upper: len(children) + unidentified, Lower: len(children)}
	for _, r := range rows {
		f.Lower = max(f.Lower, len(c.perSession[session(r)])+anonymous[session(r)])
	}
	f.ByForm, f.FormAttendances, f.SumOverForms = sizes(c.perForm), sizes(c.formVisits), sum(c.perForm)
	f.ByProgramme, f.ProgrammeAttendances, f.SumOverProgrammes = sizes(c.perProgramme), sizes(c.programmeVisits), sum(c.perProgramme)
	f.Overlap = overlap(c.perForm)
	f.ByAge, f.ByGender = ages(children, born, year), map[string]int{}
	f.UnknownAge = f.ByAge["unknown"]
	for child := range children {
		g := gender[child]
		if g == "" {
			g = "unknown"
		}
		f.ByGender[g]++
	}
	f.countReferrals(rows, from, to)
	f.countChannels(rows, children)
	return f
}

type counting struct {
	perForm, perProgramme, formVisits, programmeVisits, perSession map[string]set
}

func (c counting) visit(r map[string]string) {
	child, visit := r["child"], r["child"]+"\x00"+session(r)
	add(c.perForm, r["form"], child)
	add(c.perProgramme, r["programme"], child)
	add(c.formVisits, r["form"], visit)
	add(c.programmeVisits, r["programme"], visit)
	add(c.perSession, session(r), child)
}

func (f *Figures) countReferrals(rows []map[string]string, from, to string) {
	referred, perChannel := set{}, map[string]set{}
	f.ReferralsByChannel = map[string]int{}
	for _, r := range rows {
		if r["type"] != "referral_received" || r["occurred_on"] < from || r["occurred_on"] > to {
			continue
		}
		f.Referrals++
		f.ReferralsByChannel[channel(r)]++
		referred[r["child"]] = true
		add(perChannel, channel(r), r["child"])
	}
	f.ReferredChildren, f.ReferredByChannel = len(referred), sizes(perChannel)
}

// countChannels counts each reached child at its first referral's channel, and at every one's.
func (f *Figures) countChannels(rows []map[string]string, children set) {
	firstDay, first, every := map[string]string{}, map[string]string{}, map[string]set{}
	for _, r := range rows {
		if r["type"] != "referral_received" || !children[r["child"]] {
			continue
		}
		add(every, channel(r), r["child"])
		if day, ok := firstDay[r["child"]]; !ok || r["occurred_on"] < day {
			firstDay[r["child"]], first[r["child"]] = r["occurred_on"], channel(r)
		}
	}
	f.FirstChannel, f.EveryChannel = map[string]int{}, sizes(every)
	for _, ch := range first {
		f.FirstChannel[ch]++
	}
}

// once leaves out the rows whose record was there before.
func once(rows []map[string]string) (kept []map[string]string) {
	seen := set{}
	for _, r := range rows {
		if !seen[r["record_id"]] {
			seen[r["record_id"]] = true
			kept = append(kept, r)
		}
	}
	return kept
}

func session(r map[string]string) string {
	if r["session"] != "" {
		return "id\x00" + r["session"]
	}
	return r["programme"] + "\x00" + r["form"] + "\x00" + r["occurred_on"]
}

func channel(r map[string]string) string {
	if r["channel"] == "" {
		return "unknown"
	}
	return r["channel"]
}

func ages(children set, born map[string]string, year int) map[string]int {
	ages := map[string]int{"0-6": 0, "7-12": 0, "13-17": 0, "unknown": 0}
	for child := range children {
		b, err := strconv.Atoi(born[child])
		switch age := year - b; {
		case err != nil:
			ages["unknown"]++
		case age <= 6:
			ages["0-6"]++
		case age <= 12:
			ages["7-12"]++
		default:
			ages["13-17"]++
		}
	}
	return ages
}

func overlap(perForm map[string]set) map[string]int {
	pairs := map[string]int{}
	for a, inA := range perForm {
		for b, inB := range perForm {
			for child := range inA {
				if a < b && inB[child] {
					pairs[a+"+"+b]++
				}
			}
		}
	}
	return pairs
}

func remember(known map[string]string, child, value string) {
	if value != "" && child != "" {
		known[child] = value
	}
}

func digits(s string) bool {
	_, err := strconv.ParseUint(s, 10, 64)
	return err == nil
}

func add(sets map[string]set, key, member string) {
	if sets[key] == nil {
		sets[key] = set{}
	}
	sets[key][member] = true
}

func sizes(sets map[string]set) map[string]int {
	n := map[string]int{}
	for key, members := range sets {
		n[key] = len(members)
	}
	return n
}

func sum(sets map[string]set) (n int) {
	for _, members := range sets {
		n += len(members)
	}
	return n
}
