package events

import (
	_ "embed"
	"encoding/csv"
	"strings"
	"sync"
)

// MunicipalityInfo describes a municipality by Statistics Sweden's codes.
type MunicipalityInfo struct {
	Code       Municipality
	Name       string
	CountyCode string
	County     string
}

//go:embed municipalities.csv
var municipalitiesCSV string

var municipalities = sync.OnceValue(func() []MunicipalityInfo {
	rows, err := csv.NewReader(strings.NewReader(municipalitiesCSV)).ReadAll()
	if err != nil {
		panic(err) // the file is part of the program
	}
	list := make([]MunicipalityInfo, 0, len(rows)-1)
	for _, r := range rows[1:] {
		list = append(list, MunicipalityInfo{Municipality(r[0]), r[1], r[2], r[3]})
	}
	return list
})

var municipalityByCode = sync.OnceValue(func() map[Municipality]MunicipalityInfo {
	m := make(map[Municipality]MunicipalityInfo)
	for _, info := range municipalities() {
		m[info.Code] = info
	}
	return m
})

// Municipalities returns the 290, in the order of their codes.
func Municipalities() []MunicipalityInfo { return municipalities() }

// MunicipalityNamed returns what is known of a code.
func MunicipalityNamed(code Municipality) (MunicipalityInfo, bool) {
	info, ok := municipalityByCode()[code]
	return info, ok
}
