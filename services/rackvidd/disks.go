package main

import (
	"golang.org/x/sys/unix"

	"rackvidd/services/api"
)

// disks are those of the data directory, with the log and the databases that are run here, and of the archive.
func (p *parts) disks() (list []api.Disk) {
	for _, at := range []struct{ holds, dir string }{{"data", p.data}, {"archive", p.archiveDir()}} {
		var room unix.Statfs_t
		if err := unix.Statfs(at.dir, &room); err != nil {
			p.log.Warn("a part does not answer", "part", "disk of the "+at.holds, "err", err)
			continue
		}
		block := uint64(room.Bsize)
		list = append(list, api.Disk{Holds: at.holds, Free: room.Bavail * block, Size: room.Blocks * block})
	}
	return list
}
