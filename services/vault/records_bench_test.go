package vault

import (
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"rackvidd/events"
)

// BenchmarkImport is the vault's part of an import of 36,000 rows about 3,000 children, 4,000 rows a call, into an
// empty vault and again.
func BenchmarkImport(b *testing.B) {
	b.Run("in the process", func(b *testing.B) {
		benchmarkImport(b, func(b *testing.B) Service { return newHouse(b).open(b) })
	})
	b.Run("over HTTP", func(b *testing.B) {
		benchmarkImport(b, func(b *testing.B) Service {
			server := httptest.NewServer(Handler(newHouse(b).open(b), "c"))
			b.Cleanup(server.Close)
			return NewClient(server.URL, "c")
		})
	})
}

func benchmarkImport(b *testing.B, open func(b *testing.B) Service) {
	b.Helper()
	const rows, children, chunk = 36_000, 3_000, 4_000
	ids, sources := make([]Identity, rows), make([]RecordSource, rows)
	for i := range rows {
		ids[i] = Identity{"sheet", madeNumber(i * 7919 % children)}
		sources[i] = RecordSource{fmt.Sprint("row-", i), []byte(fmt.Sprintf("session_attended|2021-03-%02d|sputnik|support_group|%d|child||", i%28+1, i))}
	}
	took := map[string]time.Duration{}
	for b.Loop() {
		v := open(b)
		for _, run := range []string{"first", "again"} {
			for at := 0; at < rows; at += chunk {
				timed := func(step string, do func() error) {
					start := time.Now()
					must(b, do())
					took[run+"-"+step] += time.Since(start)
					took[run+"-all"] += time.Since(start)
				}
				var records []events.Record
				timed("tokens", func() error {
					_, err := v.Tokens(b.Context(), orebro, ids[at:at+chunk], today)
					return err
				})
				timed("keys", func() (err error) {
					records, err = v.RecordKeys(b.Context(), orebro, "sheet", sources[at:at+chunk])
					return err
				})
				keys, facts := make([][16]byte, chunk), make(map[[16]byte]Fact, chunk)
				for i, r := range records {
					keys[i], facts[r.Key] = r.Key, Fact{r.MAC, uint64(at + i), "session." + events.ID(r.Key).String()}
				}
				timed("recorded", func() error {
					_, err := v.Recorded(b.Context(), orebro, keys)
					return err
				})
				if run == "first" {
					timed("remember", func() error { return v.Remember(b.Context(), orebro, facts, uint64(at+chunk)) })
				}
			}
		}
	}
	for step, d := range took {
		b.ReportMetric(d.Seconds()*1000/float64(b.N), step+"-ms")
	}
}
