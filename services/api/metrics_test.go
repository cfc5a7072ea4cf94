package api_test

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"sync"
	"testing"

	"rackvidd/services/api"
)

func TestTwoWhoAskForTheMetricsAtOnceAreEachToldWhatWasMeasuredForThem(t *testing.T) {
	var looked sync.Mutex
	var room uint64
	var measured sync.WaitGroup // by both, and neither has answered
	h := newHouse(t, func(d *api.Deps) {
		d.Disks = func() []api.Disk {
			looked.Lock()
			defer looked.Unlock()
			room++
			return []api.Disk{{Holds: "data", Free: room, Size: room}}
		}
		d.Guests = func(context.Context) ([]api.GuestsState, error) {
			measured.Done()
			measured.Wait()
			return nil, nil
		}
	})
	h.sputnik()
	h.reached("year=2021", 1)
	disk := regexp.MustCompile(`(?m)^rackvidd_disk_(?:free|size)_bytes{holds="data"} (\d+)$`)
	rest := regexp.MustCompile(`(?m)^rackvidd_(part_up|log_position|projection_behind_events|guests_behind_seconds){`)
	for range 20 {
		measured.Add(2)
		var answers [2]string
		var asking sync.WaitGroup
		for i := range answers {
			asking.Go(func() { answers[i] = h.ask("", http.MethodGet, "/metrics", nil).is(200).text })
		}
		asking.Wait()
		var told []string
		for _, text := range answers {
			found := disk.FindAllStringSubmatch(text, -1)
			if len(found) != 2 || found[0][1] != found[1][1] {
				t.Fatalf("not the size and the room of one disk as they were at one time: %v", found)
			}
			if told = append(told, found[0][1]); len(rest.FindAllString(text, -1)) != 3+1+3+1 {
				t.Errorf("not every gauge is told:\n%s", text)
			}
		}
		if slices.Sort(told); told[0] == told[1] {
			t.Fatalf("both are told what was measured for one of them: %v", told)
		}
	}
}
