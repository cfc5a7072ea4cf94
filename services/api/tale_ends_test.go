package api_test

import (
	"cmp"
	"slices"
)

// endOf is what a record calls the end of what began.
var endOf = map[string]string{referralReceived: referralClosed, childEnrolled: enrolmentEnded}

func (e *entry) isBeginning() bool { return endOf[e.kind] != "" }

// called is the programme and the form that an entry's record names, and as is what they are by now: a hand may have corrected them. A record
// that names no programme calls it nothing.
func (e *entry) called() [2]string {
	if e.filed[0] == "" {
		return e.as()
	}
	return e.filed
}

func (e *entry) as() [2]string { return [2]string{e.programme, e.form} }

// fits reports whether an end is of an activity. A referral is closed whatever its form, and where it or its closing names no programme
// whatever that of the other.
func (e *entry) fits(activity [2]string) bool {
	return e.as() == activity || e.ofReferral() && (e.programme == activity[0] || e.programme == "" || activity[0] == "")
}

// alike reports whether an end may be of the one and of the other, by what they are or were called.
func (e *entry) alike(other *entry) bool {
	for _, a := range [][2]string{e.as(), e.called()} {
		if slices.ContainsFunc([][2]string{other.as(), other.called()}, func(b [2]string) bool {
			return a == b || e.ofReferral() && (a[0] == b[0] || a[0] == "" || b[0] == "")
		}) {
			return true
		}
	}
	return false
}

func (e *entry) ofReferral() bool { return e.kind == referralReceived || e.kind == referralClosed }

// until is the day on which a referral was closed or a place ended, "" where it is open, and the record that says so, nil where a hand did.
// Records do not name what they end: of one record of a child each ends, in the order of their days, the latest that is still open of those
// that began no later and that records call so, or else of those that hands corrected to it (events/decisions/0004).
func (s *tale) until(e *entry) (day string, by *entry) {
	if e.until != "" {
		return e.until, nil
	}
	var begun, ends []*entry
	for _, one := range s.entries {
		switch {
		case one.withdrawn || one.of != e.of:
		case one.kind == e.kind && one.until == "":
			begun = append(begun, one)
		case one.kind == endOf[e.kind]:
			ends = append(ends, one)
		}
	}
	slices.SortStableFunc(begun, func(a, b *entry) int { return cmp.Compare(b.day, a.day) })
	slices.SortStableFunc(ends, func(a, b *entry) int { return cmp.Compare(a.day, b.day) })
	for _, end := range ends {
		n := slices.IndexFunc(begun, func(b *entry) bool { return b.day <= end.day && end.fits(b.called()) })
		if n < 0 {
			n = slices.IndexFunc(begun, func(b *entry) bool { return b.day <= end.day && end.fits(b.as()) })
		}
		if n < 0 {
			continue
		}
		if begun[n] == e {
			return end.day, end
		}
		begun = slices.Delete(begun, n, n+1)
	}
	return "", nil
}

// isOneOfTwo reports whether another beginning, or end, of the child's is of the same activity and day: which of them a record means
// nobody can tell from its file. Of referrals one that names no programme may be meant with any of them.
func (s *tale) isOneOfTwo(e *entry) bool {
	return slices.ContainsFunc(s.entries, func(o *entry) bool {
		return o != e && !o.withdrawn && o.of == e.of && o.kind == e.kind && o.day == e.day && (e.alike(o) || e.ofReferral())
	})
}
