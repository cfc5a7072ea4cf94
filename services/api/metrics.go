package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"rackvidd/events"
)

// metrics are what is counted all the time: requests by route with their times, and the program itself.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
}

// gauges are what is measured for one who asks, and for nobody else: several may ask at once. deploy/grafana shows them.
type gauges struct {
	parts    *prometheus.GaugeVec
	position *prometheus.GaugeVec
	behind   *prometheus.GaugeVec
	lag      *prometheus.GaugeVec
	stopped  *prometheus.GaugeVec

	unarchived    *prometheus.GaugeVec
	unarchivedFor *prometheus.GaugeVec
	damaged       *prometheus.GaugeVec
	verified      *prometheus.GaugeVec
	untold        *prometheus.GaugeVec
	listed        *prometheus.GaugeVec
	listedAt      *prometheus.GaugeVec
	decidedAt     *prometheus.GaugeVec
	backup        *prometheus.GaugeVec
	backupSize    *prometheus.GaugeVec
	free          *prometheus.GaugeVec
	size          *prometheus.GaugeVec
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "rackvidd_http_request_seconds", Help: "How long requests took.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"method", "route", "status"}),
	}
	m.registry.MustRegister(m.requests, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func newGauges() *gauges {
	of := []string{"projection", "municipality"}
	return &gauges{
		parts:    gauge("part_up", "1: it answers. nats, postgres or vault.", "part"),
		position: gauge("log_position", "How many messages were recorded.", "municipality"),
		behind:   gauge("projection_behind_events", "Messages that are not in the figures yet.", of...),
		lag:      gauge("projection_behind_seconds", "Since the oldest of them was recorded.", of...),
		stopped:  gauge("projection_stopped", "1: it cannot go on.", of...),

		unarchived:    gauge("archive_behind_events", "Messages that are not in the archive yet.", "municipality"),
		unarchivedFor: gauge("archive_behind_seconds", "Since the oldest of them was recorded.", "municipality"),
		damaged:       gauge("archive_damaged", "1: the log or its archive was found damaged.", "municipality"),
		verified:      gauge("verified_timestamp_seconds", "When a verification came to its end last; nothing where none did.", "municipality"),
		untold:        gauge("guests_behind_seconds", "Since when their home municipalities cannot be told of guests.", "municipality"),
		listed:        gauge("retention_listed_children", "Records of children, in all municipalities, that are to be erased because nothing was recorded of them, rounded up to fives: one municipality may be all. Those of one child that were merged count each."),
		listedAt:      gauge("retention_listed_timestamp_seconds", "When the list of them was made last; nothing where it never was.", "municipality"),
		decidedAt:     gauge("retention_decided_timestamp_seconds", "Since when it is decided that such a list is made; nothing where it is not.", "municipality"),
		backup:        gauge("backup_timestamp_seconds", "When the last backup was taken; nothing where none is on record."),
		backupSize:    gauge("backup_bytes", "How large it was."),
		free:          gauge("disk_free_bytes", "Room on the disk that has the data directory, or the archive.", "holds"),
		size:          gauge("disk_size_bytes", "How large that disk is.", "holds"),
	}
}

func gauge(name, help string, labels ...string) *prometheus.GaugeVec {
	return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "rackvidd_" + name, Help: help}, labels)
}

func (g *gauges) all() []*prometheus.GaugeVec {
	return []*prometheus.GaugeVec{g.parts, g.position, g.behind, g.lag, g.stopped, g.unarchived, g.unarchivedFor, g.damaged, g.verified, g.untold, g.listed, g.listedAt, g.decidedAt, g.backup, g.backupSize, g.free, g.size}
}

func (m *metrics) note(r *http.Request, status int, took time.Duration) {
	method, route := routeOf(r)
	m.requests.WithLabelValues(method, route, strconv.Itoa(status)).Observe(took.Seconds())
}

// with answers what is counted, and what was measured just now.
func (m *metrics) with(g *gauges) http.Handler {
	measured := prometheus.NewRegistry()
	for _, gauge := range g.all() {
		measured.MustRegister(gauge)
	}
	return promhttp.HandlerFor(prometheus.Gatherers{m.registry, measured}, promhttp.HandlerOpts{})
}

// part says whether one answers.
func (g *gauges) part(name string, up bool) bool {
	gauge := g.parts.WithLabelValues(name)
	gauge.Set(0)
	if up {
		gauge.Set(1)
	}
	return up
}

func (g *gauges) disks(list []Disk) {
	for _, d := range list {
		g.free.WithLabelValues(d.Holds).Set(float64(d.Free))
		g.size.WithLabelValues(d.Holds).Set(float64(d.Size))
	}
}

func (g *gauges) archives(list []ArchiveState) {
	for _, a := range list {
		of := string(a.Municipality)
		g.unarchived.WithLabelValues(of).Set(float64(a.BehindEvents))
		g.unarchivedFor.WithLabelValues(of).Set(a.BehindSeconds)
		g.damaged.WithLabelValues(of).Set(0)
		if a.Damage != "" {
			g.damaged.WithLabelValues(of).Set(1)
		}
	}
}

func (g *gauges) verifications(list []Verified) {
	last := make(map[events.Municipality]Verified)
	for _, v := range list {
		if v.Line > last[v.Municipality].Line { // the last that ended, whatever a clock said
			last[v.Municipality] = v
		}
	}
	for log, v := range last {
		g.verified.WithLabelValues(string(log)).Set(float64(v.Ended.Unix()))
	}
}

func (g *gauges) projections(list []ProjectionState) {
	for _, p := range list {
		of := []string{p.Projection, string(p.Municipality)}
		g.behind.WithLabelValues(of...).Set(float64(p.BehindEvents))
		g.lag.WithLabelValues(of...).Set(p.BehindSeconds)
		g.stopped.WithLabelValues(of...).Set(0)
		if p.StoppedAt > 0 {
			g.stopped.WithLabelValues(of...).Set(1)
		}
	}
}

func (g *gauges) guests(heads logHeads, list []GuestsState, now time.Time) {
	for log := range heads {
		g.untold.WithLabelValues(string(log)).Set(0)
	}
	for _, one := range list {
		g.untold.WithLabelValues(string(one.Municipality)).Set(now.Sub(one.Since).Seconds())
	}
}

// few is how many children are not told from fewer where nobody has to log in.
const few = 5

func (g *gauges) lists(all lists) {
	children := 0
	for _, l := range all.made {
		children += l.Children
		g.listedAt.WithLabelValues(string(l.Municipality)).Set(float64(l.Made.Unix()))
	}
	for m, at := range all.decided {
		g.decidedAt.WithLabelValues(string(m)).Set(float64(at.Unix()))
	}
	g.listed.WithLabelValues().Set(float64((children + few - 1) / few * few))
}
