package national

// Published is a report as it may be published, whatever it was computed from.
var Published = published
