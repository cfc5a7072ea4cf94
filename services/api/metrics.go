package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are what Prometheus may know: counts and times by route, how far the figures are behind.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	behind   *prometheus.GaugeVec
	lag      *prometheus.GaugeVec
	stopped  *prometheus.GaugeVec

	unarchived *prometheus.GaugeVec
	damaged    *prometheus.GaugeVec
	backup     *prometheus.GaugeVec
	backupSize *prometheus.GaugeVec
}

func newMetrics() *metrics {
	of := []string{"projection", "municipality"}
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "rackvidd_http_request_seconds", Help: "How long requests took.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"method", "route", "status"}),
		behind:  prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "rackvidd_projection_behind_events", Help: "Messages that are not in the figures yet."}, of),
		lag:     prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "rackvidd_projection_behind_seconds", Help: "Since the oldest of them was recorded."}, of),
		stopped: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "rackvidd_projection_stopped", Help: "1: it cannot go on."}, of),

		unarchived: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "rackvidd_archive_behind_events", Help: "Messages that are not in the archive yet."}, of[1:]),
		damaged:    prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "rackvidd_archive_damaged", Help: "1: the log or its archive was found damaged."}, of[1:]),
		backup:     prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "rackvidd_backup_timestamp_seconds", Help: "When the last backup was taken; nothing where none is on record."}, nil),
		backupSize: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "rackvidd_backup_bytes", Help: "How large it was."}, nil),
	}
	m.registry.MustRegister(m.requests, m.behind, m.lag, m.stopped, m.unarchived, m.damaged, m.backup, m.backupSize, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) note(r *http.Request, status int, took time.Duration) {
	m.requests.WithLabelValues(methodOf(r), routeOf(r), strconv.Itoa(status)).Observe(took.Seconds())
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
