//go:build torture

package audit_test

func init() { bundles, mutations = 200, 10_000 }
