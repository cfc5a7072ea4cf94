package disclosure

// Answer is the number of children as the survey may give it: exact where the bounds are equal, otherwise a band.
type Answer struct {
	Lower    int
	Upper    int
	Withheld []string // what may not be named either: each name says of these few children what they took part in
}

// Exact reports whether the number itself is given.
func (a Answer) Exact() bool { return a.Lower == a.Upper }

// SurveyAnswer gives 0 and what is at or above the threshold exactly, and 1 to T−1 as that band.
func SurveyAnswer(n int, s Settings) Answer {
	s = s.orDefault()
	if !s.protects(n) {
		return Answer{Lower: n, Upper: n}
	}
	return Answer{Lower: 1, Upper: s.Threshold - 1, Withheld: []string{"forms", "channels", "programmes"}}
}
