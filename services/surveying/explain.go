package surveying

import (
	"fmt"
	"strings"
)

// say is the same in both languages. Arguments are taken by number where a language does not take them all in order.
func say(sv, en string, args ...any) Text {
	if len(args) == 0 {
		return Text{sv, en}
	}
	return Text{fmt.Sprintf(sv, args...), fmt.Sprintf(en, args...)}
}

func joined(list []string) string { return strings.Join(list, ", ") }

// and adds a sentence.
func (t Text) and(more Text) Text {
	return Text{strings.TrimSpace(t.SV + " " + more.SV), strings.TrimSpace(t.EN + " " + more.EN)}
}

// nothing says why there is no answer, and what to do.
func (f Figures) nothing() Text {
	return say("Inget är känt om %[1]d i loggen till och med händelse %[2]d: ingen verksamhet som gav stöd då är registrerad, och ingen remiss, plats eller träff. Registrera verksamheterna eller läs in årets uppgifter.",
		"Nothing is known of %[1]d in the log up to event %[2]d: no programme was registered that gave support then, and no referral, place or session is recorded. Register the programmes, or bring the year's records in.",
		f.Year, f.Position)
}

// explain says where the number comes from, so that whoever signs it can.
func (f Figures) explain() Text {
	t := f.Sentence.and(say("Från %[1]d-01-01 till %[1]d-12-31, enligt loggen till och med händelse %[2]d. Definition %[3]s. Identifierade barn: %[4]d. Deras deltaganden: %[5]d.",
		"From %[1]d-01-01 to %[1]d-12-31, by the log up to event %[2]d. Definition %[3]s. Children who were identified: %[4]d. Their attendances: %[5]d.",
		f.Year, f.Position, f.Definition, f.Children, f.Attendances))
	if f.Sessions > 0 {
		t = t.and(say("Träffar: %[1]d.", "Sessions: %[1]d.", f.Sessions))
	}
	switch {
	case f.Unidentified > 0 && f.Lower == f.Upper:
		t = t.and(say("Deltaganden av barn som ingen identifierade: %[1]d, alla vid samma träff, så det var %[2]d barn.",
			"Attendances of children whom nobody identified: %[1]d, all at the same session, which makes %[2]d in all.", f.Unidentified, f.Lower))
	case f.Unidentified > 0:
		t = t.and(say("Deltaganden av barn som ingen identifierade: %[1]d, så det var mellan %[2]d och %[3]d barn.",
			"Attendances of children whom nobody identified: %[1]d, which makes between %[2]d and %[3]d in all.",
			f.Unidentified, f.Lower, f.Upper))
	}
	if f.SumOverForms > f.Children {
		t = t.and(say("Summan över stödformerna är %[1]d: barn i flera former räknas en gång.",
			"The sum over the forms is %[1]d: children in several forms count once.", f.SumOverForms))
	}
	if f.Erased > 0 {
		t = t.and(say("Barn vars identitet har raderats: %[1]d. Den som kommer tillbaka efter det räknas som ett nytt barn.",
			"Children whose identity was erased: %[1]d. One who comes back after that counts as a new child.", f.Erased))
	}
	return t.and(f.LeftOut.explain())
}

// explain says who came and is not in the number.
func (l LeftOut) explain() Text {
	var sv, en []string
	for _, left := range []struct {
		n      int
		sv, en string
	}{
		{l.TooOld, "för gamla under året", "too old in the year"},
		{l.Guests, "från andra kommuner, som räknar dem", "of other municipalities, which count them"},
		{l.OtherReason, "av ett annat skäl än missbruk i familjen", "for another reason than substance abuse in the family"},
	} {
		if left.n > 0 {
			sv, en = append(sv, fmt.Sprintf("%d %s", left.n, left.sv)), append(en, fmt.Sprintf("%d %s", left.n, left.en))
		}
	}
	if len(sv) == 0 {
		return Text{}
	}
	return Text{"Barn som kom och inte är med: " + strings.Join(sv, "; ") + ".", "Children who came and are not in it: " + strings.Join(en, "; ") + "."}
}
