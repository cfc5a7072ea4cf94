package reach

import "slices"

// SessionsPerChild is how many different sessions the reached children came to.
type SessionsPerChild struct {
	Buckets []SessionsBucket `json:"buckets" nullable:"false"` // all, also those of nobody; none of 0 where coming is what makes a child reached
	Median  float64          `json:"median"`                   // 0 where nobody was reached
}

// SessionsBucket is how many children came to so many sessions.
type SessionsBucket struct {
	Sessions string `json:"sessions"`
	Children int    `json:"children"`
}

// buckets are open upwards: each ends where the next begins.
var buckets = []struct {
	from int
	name string
}{{0, "0"}, {1, "1"}, {2, "2-4"}, {5, "5-9"}, {10, "10-14"}, {15, "15+"}}

// CountSessions counts, under a definition, the different sessions of each reached child in the forms that count. Where
// a place is what makes a child reached, some came to none.
func CountSessions(e Evidence, d Definition, p Period) SessionsPerChild {
	c := newCounting(e, d, p)
	return c.countSessions(c.reached())
}

func (c *counting) countSessions(reached []*Child) SessionsPerChild {
	sessions := c.sessions(reached)
	s := SessionsPerChild{Median: median(sessions)}
	for _, b := range buckets {
		s.Buckets = append(s.Buckets, SessionsBucket{Sessions: b.name})
	}
	for _, n := range sessions {
		s.Buckets[bucketOf(n)].Children++
	}
	if c.d.Basis == Attended {
		s.Buckets = s.Buckets[1:]
	}
	return s
}

func bucketOf(sessions int) int {
	for i, b := range slices.Backward(buckets) {
		if sessions >= b.from {
			return i
		}
	}
	return 0
}

// sessions is the number of each reached child, in order of size.
func (c *counting) sessions(reached []*Child) (list []int) {
	for _, child := range reached {
		n := 0
		for a := range c.attendances(child) {
			n += a.Sessions
		}
		list = append(list, n)
	}
	slices.Sort(list)
	return list
}

// median is of numbers in order of size.
func median(list []int) float64 {
	n := len(list)
	if n == 0 {
		return 0
	}
	return float64(list[(n-1)/2]+list[n/2]) / 2
}
