package reach

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"

	"rackvidd/events"
)

func TestAnIDKeepsItsNumberAndItsValue(t *testing.T) {
	const ids = 40_000 // many blocks
	r := rand.New(rand.NewPCG(1, 2))
	var found byID[int]
	numbers := make(map[events.ID]serial)
	for range 4 * ids {
		var id events.ID
		binary.BigEndian.PutUint32(id[3:], r.Uint32N(ids)) // ids that differ in few bits
		one := found.of(id)
		before, known := numbers[id]
		if known && one != before || !known && one != serial(len(numbers)+1) {
			t.Fatalf("%s has number %d, before %d (%t)", id, one, before, known)
		}
		numbers[id] = one
		*found.value(one)++
	}
	sum := 0
	for one := range found.all() {
		id, times := found.entry(one)
		if numbers[id] != one {
			t.Fatalf("number %d is %s's, which has %d", one, id, numbers[id])
		}
		sum += *times
	}
	if sum != 4*ids || int(found.count) != len(numbers) {
		t.Errorf("%d ids were seen %d times, want %d and %d", found.count, sum, len(numbers), 4*ids)
	}
}

func TestListsInOnePlaceDoNotMix(t *testing.T) {
	const many, values = 50, 20
	r := rand.New(rand.NewPCG(3, 4))
	var all lists[int]
	var heads [many]serial
	var want [many][]int
	for range 20_000 {
		n, v := r.IntN(many), r.IntN(values)
		is := func(o *int) bool { return *o == v }
		if there := slices.Index(want[n], v); r.IntN(2) == 0 {
			all.put(&heads[n], v, is)
			if there < 0 {
				want[n] = append(want[n], v)
			}
		} else {
			all.remove(&heads[n], is)
			if there >= 0 {
				want[n] = slices.Delete(want[n], there, there+1)
			}
		}
	}
	for n, head := range heads {
		var got []int
		for v := range all.each(head) {
			got = append(got, *v)
		}
		slices.Sort(got)
		slices.Sort(want[n])
		if !slices.Equal(got, want[n]) {
			t.Errorf("list %d holds %v, want %v", n, got, want[n])
		}
	}
}

func TestWhatIsSaidOfAChildAddsUpInAnyOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	h := newHistory("1880")
	for range 2000 {
		var statements []said
		for range r.IntN(6) {
			var c child
			h.hear(&c, []events.Year{0, 2009, 2010, 2011}[r.IntN(4)], []events.Gender{"", "unknown", "girl", "boy"}[r.IntN(4)], events.Position(max(0, r.IntN(4)-1)))
			statements = append(statements, c.said)
		}
		var one, other said
		for _, s := range statements {
			one.add(s)
		}
		r.Shuffle(len(statements), func(i, j int) { statements[i], statements[j] = statements[j], statements[i] })
		half := r.IntN(len(statements) + 1)
		var rest said
		for _, s := range statements[half:] {
			rest.add(s)
		}
		for _, s := range statements[:half] {
			other.add(s)
		}
		if other.add(rest); h.person(one) != h.person(other) {
			t.Fatalf("%+v make %+v and %+v", statements, h.person(one), h.person(other))
		}
	}
}
